"""What a head answers about a job, checked before it is used: whoever listens at an address may answer anything."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from farm.core.errors import NotRunnable

_LONGEST_CAUSE = 500
"""Characters of an error's line that are shown."""


class JobEnd(BaseModel):
    """How a job ended.

    Attributes:
        status: Ray's word for it.
        message: what Ray says about it.
        driver_exit_code: the exit code of its process; None if it was stopped before it had one.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    status: str = Field(max_length=100)
    message: str | None = Field(default=None, max_length=100_000)
    driver_exit_code: int | None = Field(default=None, ge=0, le=255)


def job_end(reply: Any) -> JobEnd:
    """Return how a job ended.

    Raises:
        NotRunnable: the reply doesn't say.
    """
    try:
        return JobEnd.model_validate(reply)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise NotRunnable(f"what listens there is no farm: its answer about the job has a wrong {place}") from None


def cause_of(error: Exception) -> str:
    """Return the first line of an error that a head answered with."""
    lines = str(error).strip().splitlines()
    return lines[0][:_LONGEST_CAUSE] if lines else type(error).__name__
