"""The door's endpoints for jobs: who may have which, how many and how large; then Ray's job API is called."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from anyio import CapacityLimiter, open_file, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from farm.board.shipping import MAX_BYTES
from farm.cluster.door.arriving import arrived
from farm.cluster.door.job_messages import LARGEST_HEAD, JobOutputPiece, JobRequest, JobView
from farm.cluster.door.job_policy import JobPolicy
from farm.cluster.door.messages import Done
from farm.cluster.door.refused import Refused
from farm.cluster.door.roles import Deed, Person
from farm.cluster.door.shipment import pack_for_job
from farm.cluster.door.visitors import Visitors
from farm.cluster.jobs.job_reply import JobEnd
from farm.cluster.registry.action_log import ActionKind
from farm.core.errors import ExitCode, FarmError, NotRunnable
from farm.core.plain_words import reason_of
from farm.core.secret_texts import shown_command
from farm.core.sizes import size_text

JOBS_OF_PERSON = 4
"""How many jobs of a person may wait or run."""
JOBS_OF_ALL = 40
UPLOADS_AT_ONCE = 8
"""How many folders may arrive at once: one of each person."""
UPLOAD_SECONDS = 300.0
"""How long a request with a folder may take to arrive."""
DISCARDED = MAX_BYTES
"""Bytes of a folder beyond its limit that are still read: who sends less hears why it is refused."""
CALLS_AT_ONCE = 8
"""How many calls of Ray's job API, and looks at a job's output, run at once: in threads that no other work takes."""
WAITS_OF_PERSON = 12
"""How many requests of a person may wait for output at once."""
OUTPUT_SECONDS = 10.0
"""How long a request for output waits for more of it."""
LOOK_SECONDS = 0.5
"""How often it is looked for."""
SHOWN = 200
"""How many of the last jobs are shown."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to start.

    Attributes:
        id: its id.
        person: whose it is.
        words: its command, without `farm`.
        package: the ZIP file of its working directory.
    """

    id: str
    person: str
    words: tuple[str, ...]
    package: Path


class JobService(Protocol):
    """What the door needs of Ray's jobs. Errors are a `FarmError`. Each call may take seconds, in any thread."""

    def submit(self, job: NewJob) -> None:
        """Start a job."""

    def all(self) -> list[JobView]:
        """All jobs, the oldest first."""

    def stop(self, job: str) -> None:
        """Ask a job to end."""

    def output(self, job: str, offset: int) -> bytes:
        """The next bytes of what a job printed, of a bounded number."""

    def end(self, job: str) -> JobEnd | None:
        """How a job ended; None while it doesn't."""


@dataclass(frozen=True, slots=True)
class JobRules:
    """What the head's owner says of jobs.

    Attributes:
        policy: which commands they may have.
        largest: bytes of a folder that comes along, packed.
    """

    policy: JobPolicy
    largest: int


class JobDesk:
    """Answers requests about jobs."""

    def __init__(self, jobs: JobService, rules: JobRules, visitors: Visitors) -> None:
        """Make it.

        Args:
            jobs: the farm's jobs.
            rules: what the head's owner says of them.
            visitors: logs what people do and what they are refused.
        """
        self._jobs = jobs
        self._rules = rules
        self._visitors = visitors
        self._calls = CapacityLimiter(CALLS_AT_ONCE)
        self._uploading: set[str] = set()
        self._waiting: dict[str, int] = {}
        self._starting = asyncio.Lock()

    async def list_jobs(self, _request: Request, person: Person) -> Response:
        """The jobs that a person may see."""
        jobs = [job for job in await self._called(self._jobs.all) if _is_shown(job, person)]
        return JSONResponse([job.model_dump(mode="json") for job in jobs[-SHOWN:]])

    async def submit(self, request: Request, person: Person) -> Response:
        """Start a job."""
        async with _LoggedRefusals(self._visitors, person, Deed.SUBMIT):
            if person.name in self._uploading or len(self._uploading) >= UPLOADS_AT_ONCE:
                raise Refused(429, "another job is being sent: try again when it has arrived")
            self._uploading.add(person.name)
            try:
                with tempfile.TemporaryDirectory(prefix="farm-door-") as folder:
                    return await self._submitted(request, person, Path(folder))
            finally:
                self._uploading.discard(person.name)

    async def stop(self, request: Request, person: Person) -> Response:
        """Ask a job to end."""
        async with _LoggedRefusals(self._visitors, person, Deed.STOP):
            job = await self._job(request, person)
            if job.state.is_over:
                raise NotRunnable(f"job {job.id} has ended")
            await self._called(partial(self._jobs.stop, job.id))
            await self._recorded(person, ActionKind.JOB_STOPPED, job.id)
            return JSONResponse(Done(message=f"job {job.id} was asked to stop").model_dump())

    async def follow(self, request: Request, person: Person) -> Response:
        """Answer with the next output of a job; wait a little for it unless the request says not to."""
        async with _LoggedRefusals(self._visitors, person, Deed.FOLLOW):
            offset = _offset(request)
            job = await self._job(request, person)
        waiting = self._waiting.get(person.name, 0)
        if waiting >= WAITS_OF_PERSON:
            raise Refused(429, f"{WAITS_OF_PERSON} commands of {person.name} wait for output: end one")
        self._waiting[person.name] = waiting + 1
        try:
            waits = request.query_params.get("wait") != "0"
            piece = await self._piece(job.id, offset, int(OUTPUT_SECONDS / LOOK_SECONDS) if waits else 1)
        finally:
            self._waiting[person.name] -= 1
            if not self._waiting[person.name]:
                del self._waiting[person.name]
        return Response(piece.model_dump_json(), media_type="application/json")

    async def _submitted(self, request: Request, person: Person, folder: Path) -> Response:
        received = folder / "received.zip"
        asked, size = await _received(request, received, self._rules.largest)
        words = self._rules.policy.command(asked.words, ships=size > 0)
        command = shown_command(["farm", *words])
        package = folder / "package.zip"
        try:
            await self._called(partial(pack_for_job, asked.id, received, package))
        except OSError as error:
            raise NotRunnable(f"the head can't keep the folder: {reason_of(error)}") from error
        async with self._starting:
            await self._require_place(person)
            await self._called(partial(self._jobs.submit, NewJob(asked.id, person.name, tuple(words), package)))
            await self._recorded(person, ActionKind.JOB, asked.id, command)
        return JSONResponse(Done(message=command[:10_000]).model_dump())

    async def _require_place(self, person: Person) -> None:
        jobs = [job for job in await self._called(self._jobs.all) if not job.state.is_over and job.verified]
        own = sum(job.who == person.name for job in jobs)
        if own >= JOBS_OF_PERSON:
            raise Refused(429, f"{own} jobs of {person.name} wait or run: `farm jobs list` shows them")
        if len(jobs) >= JOBS_OF_ALL:
            raise Refused(429, f"{len(jobs)} jobs of this door wait or run: try again when one has ended")

    async def _job(self, request: Request, person: Person) -> JobView:
        """The job that a request names. Of somebody else's it is said no more than of one that never was."""
        name = request.path_params["job"]
        for job in await self._called(self._jobs.all):
            if job.id == name and _is_shown(job, person):
                return job
        whose = "the farm has" if person.may_use_all_jobs else "you have"
        raise Refused(404, f"{whose} no job {name[:100]!r}: `farm jobs list` lists them", ExitCode.USAGE)

    async def _piece(self, job: str, offset: int, looks: int) -> JobOutputPiece:
        async def output() -> bytes:
            return await self._called(partial(self._jobs.output, job, offset))

        for look in range(looks):
            if look:
                await asyncio.sleep(LOOK_SECONDS)
            if data := await output():
                return JobOutputPiece(data=data)
            end = await self._called(partial(self._jobs.end, job)) if look % 2 == 0 else None
            if end is not None:  # it prints no more: what it printed since the look before is its last
                data = await output()
                return JobOutputPiece(data=data, end=None if data else end)
        return JobOutputPiece(data=b"")

    async def _called(self, call: Callable[[], Result]) -> Result:
        return await to_thread.run_sync(call, limiter=self._calls)

    async def _recorded(self, person: Person, kind: ActionKind, job: str, detail: str = "") -> None:
        await to_thread.run_sync(self._visitors.record_done, person, kind, job, detail)


class _LoggedRefusals:
    """Logs why the door does not do what a person asked for, and lets the error pass."""

    def __init__(self, visitors: Visitors, person: Person, deed: Deed) -> None:
        self._visitors = visitors
        self._person = person
        self._deed = deed

    async def __aenter__(self) -> None:
        """Begin."""

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Log an error of the request."""
        if isinstance(error, (Refused, FarmError)):
            detail = f"{self._deed.value}: {reason_of(error)}"
            await to_thread.run_sync(self._visitors.record_refused, self._person, detail)


def _is_shown(job: JobView, person: Person) -> bool:
    return person.may_use_all_jobs or (job.verified and job.who == person.name)


def _offset(request: Request) -> int:
    text = request.query_params.get("offset", "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise Refused(400, "the request's offset: give a whole number", ExitCode.USAGE)
    return int(text)


async def _received(request: Request, file: Path, largest: int) -> tuple[JobRequest, int]:
    """Read the request of a job: its first line, and what follows into a file; returns the bytes of that, too.

    Raises:
        Refused: it is too large, too slow, or not what it should be.
    """
    try:
        return await arrived(_read(request.stream(), file, largest), UPLOAD_SECONDS, "first line")
    except OSError as error:
        raise Refused(503, f"the head can't keep the folder: {reason_of(error)}") from None


async def _read(stream: AsyncIterator[bytes], file: Path, largest: int) -> tuple[JobRequest, int]:
    head = b""
    async for part in stream:
        head += part
        if b"\n" in head or len(head) > LARGEST_HEAD:
            break
    line, _, rest = head.partition(b"\n")
    if len(line) > LARGEST_HEAD:
        raise Refused(413, f"the request's first line has more than {LARGEST_HEAD} bytes")
    asked = JobRequest.model_validate_json(line)
    size = 0
    async with await open_file(file, "wb") as target:
        while size <= largest + DISCARDED:
            size += len(rest)
            if size <= largest:
                await target.write(rest)
            following = await anext(stream, None)
            if following is None:
                break
            rest = following
    if size > largest:
        text = f"the folder is too large to come along: over {size_text(largest)} packed (FARM_JOB_SIZE of the head)"
        raise Refused(413, text, ExitCode.USAGE)
    return asked, size
