"""A follower of a job behind a door that is not always there, with clocks of its own."""

from __future__ import annotations

from typing import Any

import pytest

from farm.cluster.door.client import DoorBusy, NoAnswer
from farm.cluster.door.head_jobs import view_of
from farm.cluster.door.job_client import PATIENCE_SECONDS, RETRY_SECONDS, DoorJobs, Follower
from farm.cluster.door.job_messages import JobOutputPiece, JobState
from farm.cluster.jobs.job_files import END
from farm.cluster.jobs.job_log import DOOR_PERSON, SHOWN_COMMAND, SUBMITTER
from farm.cluster.jobs.job_reply import JobEnd
from farm.core.errors import NotRunnable

JOB = "farm-0123456789abcdef"
TEXT = f"one\nzwölf\n{END}1\n".encode()


class Behind:
    """The client of a door that gives three bytes at a time, and fails before some of its answers."""

    def __init__(self, faults: list[NoAnswer | None]) -> None:
        self.faults = faults
        self.now = 0.0
        self.asked: list[str] = []

    def get(self, path: str, _answer: Any) -> JobOutputPiece:
        self.asked.append(path)
        if self.faults and (fault := self.faults.pop(0)) is not None:
            raise fault
        offset = int(path.partition("offset=")[2].partition("&")[0])
        data = TEXT[offset : offset + 3]
        return JobOutputPiece(data=data, end=None if data else JobEnd(status="FAILED", driver_exit_code=1))

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def follower(self) -> Follower:
        jobs = DoorJobs(self)  # type: ignore[arg-type]
        return Follower(jobs, JOB, clock=lambda: self.now, sleep=self.sleep)


def test_a_job_is_followed_from_the_byte_after_the_last_in_spite_of_breaks() -> None:
    door = Behind([None, NoAnswer("away"), DoorBusy("busy"), None, NoAnswer("away")])
    printed: list[str] = []
    assert door.follower().follow(printed.append) == 1
    assert "".join(printed) == "one\nzwölf\n"
    assert door.asked[:4] == [f"/api/jobs/{JOB}/output?offset={offset}&wait=1" for offset in (0, 3, 3, 3)]


def test_a_door_that_stays_away_is_given_up_with_what_is_left_behind() -> None:
    door = Behind([NoAnswer("no door of a farm answers")] * 1000)
    with pytest.raises(NotRunnable) as caught:
        door.follower().follow(print)
    assert str(caught.value) == (
        f"the farm's door no longer answers about job {JOB}, which may go on: no door of a farm answers"
    )
    assert door.now == pytest.approx(PATIENCE_SECONDS, abs=RETRY_SECONDS)


def test_what_was_printed_so_far_is_asked_for_without_waiting() -> None:
    door = Behind([])
    printed: list[str] = []
    door.follower().show_so_far(printed.append)
    assert "".join(printed) == "one\nzwölf\n"
    assert all(path.endswith("&wait=0") for path in door.asked)


class RayReply:
    """A job, as Ray's client gives it."""

    def __init__(self, **changes: Any) -> None:
        self.submission_id: str | None = JOB
        self.status = "RUNNING"
        self.entrypoint = "python -m farm.cluster.jobs.job_entrypoint sweep"
        self.start_time = 1500
        self.end_time = None
        self.driver_exit_code = None
        self.metadata: dict[str, str] | None = None
        vars(self).update(changes)


def test_whose_a_job_is_counts_by_the_doors_own_metadata() -> None:
    claimed = view_of(RayReply(metadata={SUBMITTER: "ann"}))
    assert claimed is not None
    assert (claimed.who, claimed.verified, claimed.began, claimed.state) == ("ann", False, 1.5, JobState.RUNNING)
    own = view_of(RayReply(metadata={SUBMITTER: "x", DOOR_PERSON: "ann", SHOWN_COMMAND: "farm sweep"}, status="FAILED"))
    assert own is not None
    assert (own.who, own.verified, own.command, own.state) == ("ann", True, "farm sweep", JobState.ENDED)


@pytest.mark.parametrize("changes", [{"submission_id": None}, {"status": "ODD"}, {"status": 1}])
def test_what_is_no_job_is_left_out(changes: dict[str, Any]) -> None:
    assert view_of(RayReply(**changes)) is None
