"""The door's web service: whose token, how often, which role, what is asked; then the farm is called.

Each endpoint is a row of a table.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias, TypeVar

from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from farm.cluster.board_registry import BoardActs, ViewSource
from farm.cluster.door.arriving import arrived
from farm.cluster.door.job_desk import JobDesk, JobRules, JobService
from farm.cluster.door.messages import BoardRequest, Done, HoldRequest, Refusal
from farm.cluster.door.refused import Refused
from farm.cluster.door.roles import Deed, Person
from farm.cluster.door.tokens import RoleTokens
from farm.cluster.door.visitors import Visitors
from farm.cluster.registry.action_log import ActionLog
from farm.core.errors import ExitCode, FarmError
from farm.core.plain_words import reason_of

LARGEST_REQUEST = 64 * 1024
"""Bytes of a request's body."""
READ_SECONDS = 30.0
"""How long a request's body may take to arrive."""
LOGGED = 1000
"""How many of the last actions are shown."""
ADMITTED_AT_ONCE = 8
"""How many requests are looked at for their token at once: in threads that no other work takes."""
CHECKS_AT_ONCE = 32
"""How many boards are probed or reset at once, each of which takes minutes."""

AnyModel = TypeVar("AnyModel", bound=BaseModel)
Answer: TypeAlias = Callable[[Request, Person], Awaitable[Response]]
"""What answers a request of a person who may ask for it."""


class DoorFarm(ViewSource, BoardActs, Protocol):
    """What the door needs of the farm. Errors are a `FarmError`. Each call may take seconds, in any thread."""


async def body_of(request: Request, model: type[AnyModel]) -> AnyModel:
    """The body of a request, checked.

    Raises:
        Refused: it is too large, too slow, or not what it should be.
    """

    async def read() -> AnyModel:
        content = bytearray()
        async for piece in request.stream():
            content += piece
            if len(content) > LARGEST_REQUEST:
                raise Refused(413, f"the request has more than {LARGEST_REQUEST} bytes")
        return model.model_validate_json(bytes(content))

    return await arrived(read(), READ_SECONDS, "body")


class Door:
    """Answers requests."""

    def __init__(
        self,
        farm: DoorFarm,
        tokens: RoleTokens,
        log: ActionLog,
        jobs: tuple[JobService, JobRules],
        *,
        clock: Callable[[], float] = time.monotonic,
        unix_clock: Callable[[], float] = time.time,
    ) -> None:
        """Make the door of a farm.

        Args:
            farm: the farm.
            tokens: whose token is whose.
            log: where jobs and refused requests are logged; the registry logs what was done with boards.
            jobs: the farm's jobs, and the rules for them.
            clock: seconds, of a clock that never jumps.
            unix_clock: Unix time in seconds.
        """
        self._farm = farm
        self._visitors = Visitors(tokens, log, clock, unix_clock)
        self._jobs = JobDesk(*jobs, self._visitors)
        self._admissions = CapacityLimiter(ADMITTED_AT_ONCE)
        self._checks = CapacityLimiter(CHECKS_AT_ONCE)
        self._checking = 0

    def routes(self) -> list[BaseRoute]:
        """The endpoints."""
        return [
            Route("/healthz", self._health, methods=["GET"]),
            self.guarded("/api/view", "GET", Deed.VIEW, self._view),
            self.guarded("/api/actions", "GET", Deed.LOG, self._actions),
            self.guarded("/api/hold", "POST", Deed.HOLD, self._hold),
            self.guarded("/api/release", "POST", Deed.RELEASE, self._release),
            self.guarded("/api/probe", "POST", Deed.PROBE, self._probe),
            self.guarded("/api/reset", "POST", Deed.RESET, self._reset),
            self.guarded("/api/jobs", "GET", Deed.JOBS, self._jobs.list_jobs),
            self.guarded("/api/jobs", "POST", Deed.SUBMIT, self._jobs.submit),
            self.guarded("/api/jobs/{job}/output", "GET", Deed.FOLLOW, self._jobs.follow),
            self.guarded("/api/jobs/{job}/stop", "POST", Deed.STOP, self._jobs.stop),
        ]

    def guarded(self, path: str, method: str, deed: Deed, answer: Answer) -> Route:
        """A route that only those may use whose role may do a deed."""

        async def endpoint(request: Request) -> Response:
            try:
                peer = request.client.host if request.client else "unknown"
                authorization = request.headers.get("authorization", "")
                person = await to_thread.run_sync(
                    self._visitors.admit, authorization, peer, deed, limiter=self._admissions
                )
                return await answer(request, person)
            except Refused as refused:
                return _refusal(refused.status, refused.message, refused.exit_code)
            except FarmError as error:
                return _refusal(409, reason_of(error), error.exit_code)

        return Route(path, endpoint, methods=[method])

    async def _health(self, _request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _view(self, _request: Request, _person: Person) -> Response:
        view = await run_in_threadpool(self._farm.view)
        return Response(view.model_dump_json(), media_type="application/json")

    async def _actions(self, _request: Request, _person: Person) -> Response:
        actions = await run_in_threadpool(self._farm.actions, LOGGED)
        return JSONResponse([action.model_dump(mode="json") for action in actions])

    async def _hold(self, request: Request, person: Person) -> Response:
        asked = await body_of(request, HoldRequest)
        await run_in_threadpool(self._farm.hold, asked.board, asked.why, person.name)
        return _done(f"{asked.board} is held: {asked.why}")

    async def _release(self, request: Request, person: Person) -> Response:
        asked = await body_of(request, BoardRequest)
        await run_in_threadpool(self._farm.release, asked.board, person.name)
        return _done(f"{asked.board} may be used again")

    async def _probe(self, request: Request, person: Person) -> Response:
        return await self._checked(self._farm.probe, request, person)

    async def _reset(self, request: Request, person: Person) -> Response:
        return await self._checked(self._farm.reset, request, person)

    async def _checked(self, check: Callable[[str, str], str], request: Request, person: Person) -> Response:
        asked = await body_of(request, BoardRequest)
        if self._checking >= CHECKS_AT_ONCE:
            raise Refused(429, f"{CHECKS_AT_ONCE} boards are being probed or reset: try again when one has ended")
        self._checking += 1
        try:
            return _done(await to_thread.run_sync(check, asked.board, person.name, limiter=self._checks))
        finally:
            self._checking -= 1


def door_app(door: Door) -> Starlette:
    """The application of a door. The server logs what it raises."""

    async def failed(_request: Request, _error: Exception) -> Response:
        return _refusal(500, "the door failed: its log on the head says why", ExitCode.NOT_RUN)

    app = Starlette(routes=door.routes(), exception_handlers={Exception: failed})
    app.router.redirect_slashes = False  # a redirection would name the host that the request names
    return app


def _done(message: str) -> Response:
    return JSONResponse(Done(message=message[:10_000]).model_dump())


def _refusal(status: int, message: str, exit_code: ExitCode) -> Response:
    return JSONResponse(Refusal(message=message[:10_000], exit_code=int(exit_code)).model_dump(), status)
