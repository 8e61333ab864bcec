"""The door's service, asked in this process, before a registry without Ray."""

from __future__ import annotations

import asyncio
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="a door needs the extra cluster: uv run --all-groups pytest")
httpx = pytest.importorskip("httpx")

from farm.cluster.door.app import ADMITTED_AT_ONCE, CHECKS_AT_ONCE, LARGEST_REQUEST, Door, door_app  # noqa: E402 - after the skips
from farm.cluster.door.job_desk import JobRules, NewJob  # noqa: E402
from farm.cluster.door.job_messages import JobState, JobView  # noqa: E402
from farm.cluster.door.job_policy import JobPolicy  # noqa: E402
from farm.cluster.door.roles import Role  # noqa: E402
from farm.cluster.door.tokens import RoleTokens  # noqa: E402
from farm.cluster.door.visitors import REFUSED_AT_ONCE, REQUESTS_AT_ONCE, STRANGERS_AT_ONCE  # noqa: E402
from farm.cluster.jobs.job_reply import JobEnd  # noqa: E402
from farm.cluster.registry.action_log import FILE, Action, ActionKind, ActionLog  # noqa: E402
from farm.cluster.registry.records import FarmView  # noqa: E402
from farm.core.errors import NotRunnable  # noqa: E402
from farm.core.isolation import LeastIsolation  # noqa: E402
from tests.farm.cluster.registry.test_service import OFFER, A, Head  # noqa: E402

PATIENT = 30.0
"""Seconds after which a test that waits for the door has failed."""


class RegistryFarm:
    """A `DoorFarm` before a registry without Ray."""

    def __init__(self, head: Head) -> None:
        self.registry = head.registry()
        self.registry.join(OFFER)
        self.fault: Exception | None = None
        self.probing: threading.Event | None = None
        """What a probe waits for."""

    def view(self) -> FarmView:
        if self.fault:
            raise self.fault
        return self.registry.view()

    def hold(self, name: str, why: str, by: str) -> None:
        self.registry.hold(name, why, by, verified=True)

    def release(self, name: str, by: str) -> None:
        self.registry.release(name, by, verified=True)

    def probe(self, name: str, by: str) -> str:
        if self.probing is not None:
            self.probing.wait(PATIENT)
        self.registry.begins(ActionKind.PROBE, name, by, verified=True)
        return f"{name} passed its check"

    def reset(self, name: str, by: str) -> str:
        self.registry.begins(ActionKind.RESET, name, by, verified=True)
        return f"{name} was reset"

    def actions(self, count: int) -> list[Action]:
        return self.registry.actions(count)


class Jobs:
    """A `JobService` without Ray."""

    def __init__(self) -> None:
        self.views: list[JobView] = []
        self.packages: dict[str, dict[str, bytes]] = {}
        self.words: dict[str, list[str]] = {}
        self.outputs: dict[str, bytes] = {}
        self.stopped: list[str] = []

    def submit(self, job: NewJob) -> None:
        if any(view.id == job.id for view in self.views):
            raise NotRunnable(f"job {job.id} exists")
        with zipfile.ZipFile(job.package) as archive:
            self.packages[job.id] = {name: archive.read(name) for name in archive.namelist()}
        self.words[job.id] = list(job.words)
        self.add(job.id, job.person)

    def add(self, job: str, who: str, *, verified: bool = True) -> None:
        self.views.append(JobView(id=job, who=who, verified=verified, state=JobState.RUNNING, command="farm sweep"))

    def all(self) -> list[JobView]:
        return self.views

    def stop(self, job: str) -> None:
        self.stopped.append(job)
        self.set(job, JobState.STOPPED)

    def set(self, job: str, state: JobState) -> None:
        self.views = [view.model_copy(update={"state": state}) if view.id == job else view for view in self.views]

    def output(self, job: str, offset: int) -> bytes:
        return self.outputs.get(job, b"")[offset : offset + 10]

    def end(self, job: str) -> JobEnd | None:
        [view] = [view for view in self.views if view.id == job]
        return JobEnd(status="SUCCEEDED", driver_exit_code=0) if view.state.is_over else None


FARM = "10.0.0.1:6379"


class Lab:
    """A door, and people with tokens."""

    def __init__(self, folder: Path) -> None:
        self.head = Head(folder)
        self.state = folder / "state"
        self.farm = RegistryFarm(self.head)
        self.tokens = RoleTokens(self.state)
        self.token = {role: self.tokens.add(f"{role.value}er", role, 1.0) for role in Role}
        self.jobs = Jobs()
        self.jobs.add(ANOTHERS, "somebody")
        self.jobs.add(OWN, "runer")
        door = Door(
            self.farm,
            self.tokens,
            ActionLog(self.state / FILE),
            (self.jobs, JobRules(JobPolicy(FARM, LeastIsolation.CONTAINER), 100_000)),
            clock=lambda: self.head.now,
            unix_clock=lambda: self.head.unix,
        )
        self.app = door_app(door)

    def ask(self, method: str, path: str, token: str | None, **options: Any) -> Any:
        return asyncio.run(self.asked(method, path, token, **options))

    async def asked(self, method: str, path: str, token: str | None, address: str = "127.0.0.1", **options: Any) -> Any:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(address, 123))
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
            return await client.request(method, path, headers=headers, **options)

    def log(self) -> list[tuple[str, str, str, bool]]:
        actions = self.farm.actions(10_000)
        return [(each.who, each.action.value, each.detail, each.verified) for each in actions if each.name != "a"]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


@dataclass(frozen=True)
class Asked:
    """A request, the deed that it asks for, and the role that this needs."""

    method: str
    path: str
    deed: str
    needed: Role
    body: dict[str, str | list[str]] | None = None


ANOTHERS, OWN, NEW = "farm-0000000000000001", "farm-0000000000000002", "farm-00000000000000aa"
REQUESTS = [
    Asked("GET", "/api/view", "view", Role.VIEW),
    Asked("GET", "/api/actions", "log", Role.VIEW),
    Asked("POST", "/api/hold", "hold", Role.OPERATE, {"board": A.id, "why": "loud"}),
    Asked("POST", "/api/release", "release", Role.OPERATE, {"board": A.id}),
    Asked("POST", "/api/probe", "probe", Role.OPERATE, {"board": A.id}),
    Asked("POST", "/api/reset", "reset", Role.OPERATE, {"board": A.id}),
    Asked("GET", "/api/jobs", "list jobs", Role.RUN),
    Asked("POST", "/api/jobs", "submit", Role.RUN, {"id": NEW, "words": ["sweep", "--suite", "model_traced"]}),
    Asked("GET", f"/api/jobs/{OWN}/output?wait=0", "follow a job", Role.RUN),
    Asked("POST", f"/api/jobs/{OWN}/stop", "stop a job", Role.RUN),
]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("asked", REQUESTS, ids=lambda asked: asked.path)
def test_an_endpoint_is_for_its_role_and_those_above(lab: Lab, role: Role, asked: Asked) -> None:
    lab.farm.registry.hold(A.id, "loud", "farm")
    answer = lab.ask(asked.method, asked.path, lab.token[role], json=asked.body)
    if role.rank >= asked.needed.rank:
        assert answer.status_code == 200
        return
    assert answer.status_code == 403
    assert answer.json()["message"] == (
        f"you are {role.value}er, with the role {role.value}: to {asked.deed} needs the role {asked.needed.value}"
    )
    assert lab.log()[-1] == (f"{role.value}er", "refused", f"{asked.deed}, with the role {role.value}", True)


@pytest.mark.parametrize("asked", REQUESTS, ids=lambda asked: asked.path)
@pytest.mark.parametrize("token", [None, "", "farm_wrong", "x" * 5000], ids=["none", "empty", "wrong", "long"])
def test_without_a_token_that_counts_nothing_is_done(lab: Lab, token: str | None, asked: Asked) -> None:
    answer = lab.ask(asked.method, asked.path, token, json=asked.body)
    assert answer.status_code == 401
    assert lab.farm.view().boards[0].state.value != "held"
    assert lab.log() == [("unknown", "refused", f"127.0.0.1: {asked.deed}, without a token that counts", False)]


def test_health_is_said_to_everyone_and_nothing_else(lab: Lab) -> None:
    assert lab.ask("GET", "/healthz", None).text == "ok\n"
    assert lab.ask("GET", "/", None).status_code == 404


def test_a_hold_names_the_person_of_the_token(lab: Lab) -> None:
    answer = lab.ask("POST", "/api/hold", lab.token[Role.OPERATE], json={"board": A.id, "why": "loud"})
    assert answer.json() == {"message": f"{A.id} is held: loud"}
    view = FarmView.model_validate(lab.ask("GET", "/api/view", lab.token[Role.VIEW]).json())
    assert [board.why for board in view.boards if board.id == A.id] == ["held by operateer: loud"]
    assert lab.log() == [("operateer", "hold", "loud", True)]


def test_a_removed_token_counts_no_more_at_once(lab: Lab) -> None:
    assert lab.ask("GET", "/api/view", lab.token[Role.VIEW]).status_code == 200
    lab.tokens.remove("viewer")
    assert lab.ask("GET", "/api/view", lab.token[Role.VIEW]).status_code == 401


def test_the_farms_own_errors_reach_the_person_with_their_exit_code(lab: Lab) -> None:
    answer = lab.ask("POST", "/api/hold", lab.token[Role.OPERATE], json={"board": "none", "why": ""})
    assert answer.status_code == 409
    assert answer.json() == {"message": "the farm has no board 'none': `farm boards` lists them", "exit_code": 2}


def test_a_fault_of_the_door_says_nothing_of_itself(lab: Lab) -> None:
    lab.farm.fault = RuntimeError("secret")
    answer = lab.ask("GET", "/api/view", lab.token[Role.VIEW])
    assert answer.status_code == 500
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"board": 1, "why": "x"}',
        b'{"board": "b"}',
        b'{"board": "b", "why": "x", "by": "somebody else"}',
        b'{"board": "", "why": "x"}',
        b'{"board": "b", "why": "' + b"x" * 2000 + b'"}',
        b"[" * 50_000,
        b"\xff\xfe",
    ],
)
def test_a_request_is_what_it_should_be_or_refused(lab: Lab, body: bytes) -> None:
    answer = lab.ask("POST", "/api/hold", lab.token[Role.OPERATE], content=body)
    assert answer.status_code == 400
    assert lab.log() == []


def test_a_large_request_is_refused(lab: Lab) -> None:
    answer = lab.ask("POST", "/api/hold", lab.token[Role.OPERATE], content=b" " * (LARGEST_REQUEST + 1))
    assert answer.status_code == 413


def test_a_person_who_asks_too_often_waits_and_others_do_not(lab: Lab) -> None:
    for _ in range(int(REQUESTS_AT_ONCE)):
        assert lab.ask("GET", "/api/view", lab.token[Role.VIEW]).status_code == 200
    assert lab.ask("GET", "/api/view", lab.token[Role.VIEW]).status_code == 429
    assert lab.ask("GET", "/api/view", lab.token[Role.OPERATE]).status_code == 200
    lab.head.now += 1.0
    assert lab.ask("GET", "/api/view", lab.token[Role.VIEW]).status_code == 200


def test_the_log_of_refused_requests_is_bounded_and_has_no_token(lab: Lab) -> None:
    for number in range(int(REFUSED_AT_ONCE) + 5):
        lab.ask("GET", "/api/view", f"farm_guess{number}")
    assert len(lab.log()) == REFUSED_AT_ONCE
    assert "guess" not in (lab.state / FILE).read_text()
    assert lab.ask("POST", "/api/probe", lab.token[Role.VIEW], json={"board": A.id}).status_code == 403
    assert lab.log()[-1][0] == "viewer", "one who guesses takes nobody else's place in the log"


def test_strangers_of_many_addresses_do_not_push_out_the_log(lab: Lab) -> None:
    async def from_everywhere() -> None:
        for number in range(int(STRANGERS_AT_ONCE) + 50):
            await lab.asked("GET", "/api/view", None, address=f"2001:db8::{number:x}")

    asyncio.run(from_everywhere())
    assert len(lab.log()) == STRANGERS_AT_ONCE
    lab.head.now += 60.0
    lab.ask("GET", "/api/view", None)
    assert len(lab.log()) == STRANGERS_AT_ONCE + 1


def test_many_long_checks_keep_nobody_waiting(lab: Lab) -> None:
    lab.farm.probing = threading.Event()
    crowd = [lab.tokens.add(f"ann{number}", Role.OPERATE, 1.0) for number in range(ADMITTED_AT_ONCE)]

    async def asked() -> list[int]:
        waiting = [
            asyncio.create_task(lab.asked("POST", "/api/probe", crowd[number % len(crowd)], json={"board": A.id}))
            for number in range(CHECKS_AT_ONCE + 1)
        ]
        ended, _ = await asyncio.wait(waiting, timeout=PATIENT, return_when=asyncio.FIRST_COMPLETED)
        assert [task.result().status_code for task in ended] == [429]
        view = await asyncio.wait_for(lab.asked("GET", "/api/view", lab.token[Role.VIEW]), PATIENT)
        assert view.status_code == 200
        assert lab.farm.probing is not None
        lab.farm.probing.set()
        return sorted([task.result().status_code for task in waiting if await asyncio.wait([task])])

    assert asyncio.run(asked()) == [200] * CHECKS_AT_ONCE + [429]
    assert lab.ask("POST", "/api/probe", crowd[0], json={"board": A.id}).status_code == 200


def test_a_stranger_is_not_told_where_the_tokens_are(lab: Lab) -> None:
    (lab.state / "role-tokens.json").write_text("{")
    for token in (None, lab.token[Role.OPERATE]):
        answer = lab.ask("GET", "/api/view", token)
        assert answer.status_code == 503
        assert str(lab.state) not in answer.text


def test_when_a_token_was_used_is_kept(lab: Lab) -> None:
    lab.ask("GET", "/api/view", lab.token[Role.VIEW])
    assert lab.tokens.last_used() == {"viewer": lab.head.unix}
