"""Replies of whoever listens at the address of a head."""

from __future__ import annotations

from enum import Enum
from types import SimpleNamespace

import pytest
from aiohttp import ServerDisconnectedError

from farm.cluster.jobs.job_files import LINE_LENGTH, JobOutput
from farm.cluster.jobs.job_reply import cause_of, job_end
from farm.cluster.jobs.submission import answers_expected
from farm.core.errors import NotRunnable


class Status(str, Enum):
    """As Ray's own, whose texts are plain words."""

    FAILED = "FAILED"
    STOPPED = "STOPPED"


def test_how_a_job_ended() -> None:
    end = job_end(SimpleNamespace(status=Status.FAILED, message="m", driver_exit_code=3, entrypoint="x"))
    assert (end.status, end.message, end.driver_exit_code) == ("FAILED", "m", 3)
    assert job_end(SimpleNamespace(status=Status.STOPPED, message=None, driver_exit_code=None)).driver_exit_code is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("driver_exit_code", 256), ("driver_exit_code", -1), ("driver_exit_code", "x"), ("status", None)),
        *(("message", "m" * 100_001), ("message", ["m"])),
    ],
)
def test_a_wrong_answer_about_a_job_is_refused(field: str, value: object) -> None:
    reply = SimpleNamespace(**{"status": "FAILED", "message": None, "driver_exit_code": 0, field: value})
    with pytest.raises(NotRunnable, match=f"wrong {field}$"):
        job_end(reply)


def test_an_error_of_a_head_is_one_short_line() -> None:
    assert cause_of(RuntimeError("")) == "RuntimeError"
    assert cause_of(RuntimeError("first\nsecond")) == "first"
    assert len(cause_of(RuntimeError("x" * 10**6))) == 500


def test_a_line_without_an_end_does_not_gather() -> None:
    output = JobOutput()
    piece = "x" * 10_000
    passed = [len(output.feed(piece)) for _ in range(1000)]
    assert sum(passed) > 10**7 - LINE_LENGTH - 2 * len(piece)
    assert max(passed) < LINE_LENGTH + 2 * len(piece)


@pytest.mark.parametrize("error", [RuntimeError("code 1006\nbody"), ConnectionError("no"), ServerDisconnectedError()])
def test_a_head_that_stops_answering_is_one_line(error: Exception) -> None:
    message = "^the farm's head no longer answers about job farm-1, which may go on: .+$"
    with pytest.raises(NotRunnable, match=message), answers_expected("farm-1"):
        raise error
