"""Jobs through the door, asked in this process, before a job service without Ray."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="a door needs the extra cluster: uv run --all-groups pytest")
pytest.importorskip("httpx")

from farm.cluster.door import job_desk
from farm.cluster.door.job_desk import JOBS_OF_ALL, JOBS_OF_PERSON
from farm.cluster.door.job_messages import JobState
from farm.cluster.door.job_policy import SHIPPED_FOLDER
from farm.cluster.door.roles import Role
from tests.farm.cluster.door.test_app import ANOTHERS, FARM, NEW, OWN, Lab

SWEEP = ["sweep", "--suite", "model_traced", "--op", "add"]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def packed(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_py", ".py"), text)
    return content.getvalue()


def body(words: list[str], archive: bytes = b"", job: str = NEW) -> bytes:
    return json.dumps({"id": job, "words": words}).encode() + b"\n" + archive


def submitted(lab: Lab, words: list[str], archive: bytes = b"", *, job: str = NEW, role: Role = Role.RUN) -> Any:
    return lab.ask("POST", "/api/jobs", lab.token[role], content=body(words, archive, job))


def ids(lab: Lab, role: Role) -> list[str]:
    return [job["id"] for job in lab.ask("GET", "/api/jobs", lab.token[role]).json()]


def test_a_job_is_made_by_the_door(lab: Lab) -> None:
    answer = submitted(lab, ["sweep", "--sweeps", "mine", "--module", "a"], packed(mine__a_py="import os"))
    assert answer.status_code == 200, answer.text
    words = f"sweep --module a --sweeps {SHIPPED_FOLDER}/mine --address {FARM} --isolate container"
    assert sorted(lab.jobs.words[NEW]) == sorted(words.split())
    assert lab.jobs.packages[NEW] == {
        f"{SHIPPED_FOLDER}/": b"",
        ".farm-job": NEW.encode(),
        f"{SHIPPED_FOLDER}/mine/a.py": b"import os",
    }
    [(who, action, detail, verified)] = lab.log()
    assert (who, action, verified) == ("runer", "job", True)
    assert detail.startswith("farm sweep ")


def test_a_job_without_a_folder_has_an_empty_one_of_its_own(lab: Lab) -> None:
    assert submitted(lab, SWEEP).status_code == 200
    assert set(lab.jobs.packages[NEW]) == {f"{SHIPPED_FOLDER}/", ".farm-job"}


def test_people_see_their_own_jobs_and_those_who_operate_all(lab: Lab) -> None:
    lab.jobs.add("farm-claimed", "runer", verified=False)
    submitted(lab, SWEEP)
    assert ids(lab, Role.RUN) == [OWN, NEW]
    assert ids(lab, Role.OPERATE) == [ANOTHERS, OWN, "farm-claimed", NEW]


@pytest.mark.parametrize("job", [ANOTHERS, "farm-claimed", "farm-nothing", "x" * 1000])
def test_a_job_of_somebody_else_is_neither_read_nor_stopped(lab: Lab, job: str) -> None:
    lab.jobs.add("farm-claimed", "runer", verified=False)
    lab.jobs.outputs = {ANOTHERS: b"secret", "farm-claimed": b"secret"}
    for method, path, deed in (("GET", "output?wait=0", "follow a job"), ("POST", "stop", "stop a job")):
        answer = lab.ask(method, f"/api/jobs/{job}/{path}", lab.token[Role.RUN])
        assert answer.status_code == 404
        assert answer.json()["message"].startswith("you have no job")
        assert answer.json()["exit_code"] == 2
        who, action, detail, verified = lab.log()[-1]
        assert (who, action, verified) == ("runer", "refused", True)
        assert detail.startswith(f"{deed}: you have no job")
    assert lab.jobs.stopped == []


def test_a_stop_names_the_person_who_asked(lab: Lab) -> None:
    submitted(lab, SWEEP)
    assert lab.ask("POST", f"/api/jobs/{NEW}/stop", lab.token[Role.OPERATE]).status_code == 200
    assert lab.jobs.stopped == [NEW]
    assert lab.log()[-1] == ("operateer", "job stopped", "", True)
    again = lab.ask("POST", f"/api/jobs/{NEW}/stop", lab.token[Role.RUN])
    assert (again.status_code, again.json()["message"]) == (409, f"job {NEW} has ended")


def test_output_comes_from_an_offset_until_the_job_ended(lab: Lab) -> None:
    submitted(lab, SWEEP)
    lab.jobs.outputs[NEW] = b"0123456789abc"
    lab.jobs.set(NEW, JobState.ENDED)

    def piece(offset: int) -> tuple[bytes, Any]:
        answer = lab.ask("GET", f"/api/jobs/{NEW}/output?offset={offset}", lab.token[Role.RUN]).json()
        return base64.urlsafe_b64decode(answer["data"]), answer["end"]

    assert piece(0) == (b"0123456789", None)
    assert piece(10) == (b"abc", None)
    data, end = piece(13)
    assert (data, end["driver_exit_code"]) == (b"", 0)


def test_a_request_for_output_waits_for_it(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted(lab, SWEEP)

    async def a_moment(_seconds: float) -> None:
        lab.jobs.outputs[NEW] = b"later"

    monkeypatch.setattr(asyncio, "sleep", a_moment)
    answer = lab.ask("GET", f"/api/jobs/{NEW}/output", lab.token[Role.RUN])
    assert base64.urlsafe_b64decode(answer.json()["data"]) == b"later"


@pytest.mark.parametrize("offset", ["-1", "1.5", "x", "", "9" * 30])
def test_an_offset_is_a_number(lab: Lab, offset: str) -> None:
    submitted(lab, SWEEP)
    answer = lab.ask("GET", f"/api/jobs/{NEW}/output?offset={offset}", lab.token[Role.RUN])
    assert answer.status_code == 400


def test_what_the_door_does_not_run_is_said_and_logged(lab: Lab) -> None:
    answer = submitted(lab, [*SWEEP, "--store", "postgresql://ann:hidden@db/x"])
    assert answer.json() == {
        "message": "the door takes no --store: results go to the store of the head",
        "exit_code": 2,
    }
    assert lab.log()[-1][:2] == ("runer", "refused")
    assert "hidden" not in lab.log()[-1][2]
    assert lab.jobs.words == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"{}\n",
        b'{"id": "x", "words": []}\n',
        b'{"id": "farm-00000000000000aa", "words": "sweep"}\n',
        b'{"id": "farm-00000000000000aa", "words": ["sweep"], "who": "ann"}\n',
        body(["x" * 5000]),
        body(["sweep"] * 1000),
        b" " * 100_000,
        b"\xff\n",
    ],
)
def test_a_request_is_what_it_should_be_or_refused(lab: Lab, content: bytes) -> None:
    answer = lab.ask("POST", "/api/jobs", lab.token[Role.RUN], content=content)
    assert answer.status_code in (400, 413)
    assert lab.jobs.words == {}


def test_a_folder_that_is_none_is_refused(lab: Lab) -> None:
    answer = submitted(lab, SWEEP, b"no archive" * 100)
    assert "did not arrive as a ZIP file" in answer.json()["message"]
    assert lab.jobs.words == {}


def test_a_folder_that_is_too_large_is_refused_with_its_bound(lab: Lab) -> None:
    answer = submitted(lab, SWEEP, b"x" * 100_001)
    assert (answer.status_code, answer.json()["exit_code"]) == (413, 2)
    assert "FARM_JOB_SIZE" in answer.json()["message"]


def test_a_folder_without_end_is_read_no_further_than_to_a_bound(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_desk, "DISCARDED", 1_000_000)
    sent = 0

    async def without_end() -> AsyncIterator[bytes]:
        nonlocal sent
        yield body(SWEEP)
        while sent < 50_000_000:
            sent += 100_000
            yield b"x" * 100_000

    assert lab.ask("POST", "/api/jobs", lab.token[Role.RUN], content=without_end()).status_code == 413
    assert sent < 2_000_000


def test_a_person_has_few_jobs_at_once_and_the_door_not_many(lab: Lab) -> None:
    lab.jobs.views.clear()
    for number in range(JOBS_OF_PERSON):
        assert submitted(lab, SWEEP, job=f"farm-{number + 16:016x}").status_code == 200
    answer = submitted(lab, SWEEP)
    assert answer.status_code == 429
    assert f"{JOBS_OF_PERSON} jobs of runer wait or run" in answer.json()["message"]
    for number in range(JOBS_OF_ALL):
        lab.jobs.add(f"other{number}", f"ann{number}")
    assert "jobs of this door wait or run" in submitted(lab, SWEEP, role=Role.OPERATE).json()["message"]
    for view in lab.jobs.views:
        lab.jobs.set(view.id, JobState.ENDED)
    assert submitted(lab, SWEEP).status_code == 200


def test_a_person_sends_one_folder_at_once(lab: Lab) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield body(SWEEP)
        arrived.set()
        await go_on.wait()

    async def asked() -> tuple[int, int]:
        first = asyncio.create_task(lab.asked("POST", "/api/jobs", lab.token[Role.RUN], content=slowly()))
        await arrived.wait()
        second = await lab.asked("POST", "/api/jobs", lab.token[Role.RUN], content=body(SWEEP))
        go_on.set()
        return (await first).status_code, second.status_code

    assert asyncio.run(asked()) == (200, 429)
