"""A submitted job in the head's log of actions: who submitted which command, and that it was asked to stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from farm.cluster.registry.action_log import FILE, Action, ActionKind, ActionLog
from farm.core.secret_texts import shown_command

SUBMITTER: Final = "farm_submitter"
"""The name of a job's metadata that has the user and host of `farm submit`."""
DOOR_PERSON: Final = "farm_door_person"
"""The name of a job's metadata that has the person whom the door knew by a role token, for a job that came that way."""
SHOWN_COMMAND: Final = "farm_command"
"""The name of a door's job's metadata that has its command, without secrets."""
_CONFIG = "RAY_JOB_CONFIG_JSON_ENV_VAR"
"""The variable in which Ray gives a job its metadata; this is its name."""


class JobOrigin(BaseModel):
    """The part of a job's metadata that says where it comes from."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(alias="job_submission_id", description="Ray's id of the job.")
    who: str = Field(
        default="unknown", alias=SUBMITTER, description="Who submitted it; Ray's own command doesn't say that."
    )
    person: str = Field(default="", alias=DOOR_PERSON, description="Whose job of the door it is; empty for another.")


class _JobConfig(BaseModel):
    """What Ray gives a job."""

    metadata: JobOrigin


def job_origin(environment: Mapping[str, str]) -> JobOrigin | None:
    """Where the job that has this environment comes from; None if Ray has not started it as a job."""
    try:
        return _JobConfig.model_validate_json(environment.get(_CONFIG, "")).metadata
    except ValidationError:
        return None


class JobLog:
    """Logs what happens to one job. No job fails for its record."""

    def __init__(
        self, folder: Path, origin: JobOrigin, words: Sequence[str], unix_clock: Callable[[], float] = time.time
    ) -> None:
        """Log that a job begins.

        Args:
            folder: the head's state folder.
            origin: where the job comes from.
            words: its command, without `farm`.
            unix_clock: Unix time in seconds.
        """
        self._log = ActionLog(folder / FILE)
        self._origin = origin
        self._unix_clock = unix_clock
        self._is_stopped = False
        self._record(ActionKind.JOB, shown_command(["farm", *words]))

    def stopped(self) -> None:
        """Log that the job was asked to stop, once."""
        if not self._is_stopped:
            self._is_stopped = True
            self._record(ActionKind.JOB_STOPPED)

    def _record(self, action: ActionKind, detail: str = "") -> None:
        origin = self._origin
        self._log.record(Action(at=self._unix_clock(), who=origin.who, action=action, name=origin.id, detail=detail))
