"""What goes between a door and its clients about jobs: JSON, and for a new job the archive of a folder after it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from pydantic import ConfigDict, Field

from farm.cluster.door.job_policy import MOST_WORDS
from farm.cluster.door.messages import Message
from farm.cluster.jobs.job_reply import JobEnd

JOB_ID = r"^farm-[0-9a-f]{16}$"
LARGEST_WORD = 4000
"""Characters of a word of a command."""
LARGEST_HEAD = 64 * 1024
"""Bytes of a `JobRequest`'s line."""


class JobRequest(Message):
    """A command to run: one line of JSON. After it, the request's body is a ZIP file of the folder that comes along."""

    id: str = Field(pattern=JOB_ID, description="The id of the job: its client knows it even if no answer comes.")
    words: list[Annotated[str, Field(max_length=LARGEST_WORD)]] = Field(
        max_length=MOST_WORDS, description="The command, without `farm`."
    )


class JobState(str, Enum):
    """What a job does."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"
    ENDED = "ended"

    @property
    def is_over(self) -> bool:
        """Whether it prints no more."""
        return self in (JobState.STOPPED, JobState.ENDED)


class JobView(Message):
    """A job, for people."""

    id: str = Field(max_length=300)
    who: str = Field(max_length=1000, description="Who submitted it.")
    verified: bool = Field(description="Whether the door knew them by a role token; otherwise a command named itself.")
    state: JobState
    command: str = Field(max_length=100_000, description="Its command, without secrets.")
    began: float | None = Field(default=None, description="When it began: Unix time in seconds.")
    ended: float | None = Field(default=None, description="When it ended: Unix time in seconds.")
    exit_code: int | None = Field(default=None, description="The exit code of its process; None if it has none yet.")


class JobOutputPiece(Message):
    """The next bytes of what a job prints."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    data: bytes
    end: JobEnd | None = Field(default=None, description="How the job ended; only once all of its output was given.")
