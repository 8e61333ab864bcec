"""The jobs of this head, by Ray's job API: what a job of the door is made of, and what is read of each."""

from __future__ import annotations

import shlex
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from farm.cluster.door.job_desk import NewJob
from farm.cluster.door.job_messages import JobState, JobView
from farm.cluster.jobs.job_log import DOOR_PERSON, SHOWN_COMMAND, SUBMITTER
from farm.cluster.jobs.job_reply import JobEnd, cause_of, job_end
from farm.cluster.jobs.submission import job_client
from farm.core.errors import NotRunnable
from farm.core.secret_texts import shown_command, without_secrets

ENTRYPOINT = "farm.cluster.jobs.job_entrypoint"
PIECE = 2**20
"""Bytes of output that are read at once."""
_STATES = {
    "PENDING": JobState.WAITING,
    "RUNNING": JobState.RUNNING,
    "STOPPED": JobState.STOPPED,
    "SUCCEEDED": JobState.ENDED,
    "FAILED": JobState.ENDED,
}
"""What Ray's words for a job's status mean."""

Result = TypeVar("Result")


class _RayJob(BaseModel):
    """What of a job is read from Ray's job API."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    submission_id: str | None = Field(description="None for what was not submitted as a job, but connected by itself.")
    status: str
    entrypoint: str
    start_time: int | None = Field(description="Milliseconds of Unix time.")
    end_time: int | None = Field(description="Milliseconds of Unix time.")
    driver_exit_code: int | None = None
    metadata: dict[str, str] | None = None


def view_of(reply: Any) -> JobView | None:
    """A job of Ray's list, for people; None if it is no submitted job."""
    try:
        job = _RayJob.model_validate(reply)
    except ValidationError:
        return None
    state = _STATES.get(job.status)
    if job.submission_id is None or state is None:
        return None
    metadata = job.metadata or {}
    person = metadata.get(DOOR_PERSON, "")
    return JobView(
        id=job.submission_id[:300],
        who=(person or metadata.get(SUBMITTER, "unknown"))[:1000],
        verified=bool(person),
        state=state,
        command=without_secrets(metadata.get(SHOWN_COMMAND) or job.entrypoint)[:100_000],
        began=None if not job.start_time else job.start_time / 1000,
        ended=None if not job.end_time else job.end_time / 1000,
        exit_code=job.driver_exit_code,
    )


class HeadJobs:
    """The `JobService` of this head. Any thread may call it."""

    def __init__(self, url: str, token_file: Path, output_path: Callable[[str], Path]) -> None:
        """Make it.

        Args:
            url: where this head takes jobs.
            token_file: the file with the farm's token.
            output_path: the file to which a job of this head prints.
        """
        self._url = url
        self._token_file = token_file
        self._output_path = output_path
        self._lock = threading.Lock()
        self._client: Any = None

    def submit(self, job: NewJob) -> None:
        """See `JobService`. Neither the environment nor the working folder decides what code the entrypoint is."""
        entrypoint = [sys.executable, "-I", "-m", ENTRYPOINT, *job.words]
        command = shown_command(["farm", *job.words])
        self._asked(
            lambda client: client.submit_job(
                entrypoint=shlex.join(entrypoint),
                runtime_env={"working_dir": str(job.package)},
                submission_id=job.id,
                metadata={SUBMITTER: job.person, DOOR_PERSON: job.person, SHOWN_COMMAND: command},
            )
        )

    def all(self) -> list[JobView]:
        """See `JobService`."""
        replies: list[Any] = self._asked(lambda client: client.list_jobs())
        views = [view for view in map(view_of, replies) if view is not None]
        return sorted(views, key=lambda view: view.began or float("inf"))

    def stop(self, job: str) -> None:
        """See `JobService`."""
        self._asked(lambda client: client.stop_job(job))

    def output(self, job: str, offset: int) -> bytes:
        """See `JobService`. The file is this host's: Ray's job API would send all of it each time."""
        try:
            with self._output_path(job).open("rb") as file:
                file.seek(offset)
                return file.read(PIECE)
        except FileNotFoundError:  # it has printed nothing yet
            return b""
        except OSError as error:
            raise NotRunnable(f"the output of job {job} can't be read: {error.strerror}") from error

    def end(self, job: str) -> JobEnd | None:
        """See `JobService`."""
        end = job_end(self._asked(lambda client: client.get_job_info(job)))
        state = _STATES.get(end.status)
        return end if state is not None and state.is_over else None

    def _asked(self, call: Callable[[Any], Result]) -> Result:
        """What Ray's job API answers.

        Raises:
            NotRunnable: it refuses, or doesn't answer.
        """
        try:
            with self._lock:
                if self._client is None:
                    self._client = job_client(self._url, self._token_file)
                client = self._client
            return call(client)
        except (RuntimeError, ValueError, OSError) as error:
            raise NotRunnable(f"Ray's job API on the head refuses that: {cause_of(error)}") from error


def ray_output_path(job: str) -> Path:
    """The file to which a job prints, on the host that runs it, for a process that is connected to its cluster."""
    from ray.dashboard.modules.job.job_log_storage_client import (  # noqa: TID251 - after ray_client
        JobLogStorageClient,
    )

    return Path(str(JobLogStorageClient().get_log_file_path(job)))
