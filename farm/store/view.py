"""A run as it is read from the store: typed and complete, the one source of every report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, computed_field, field_serializer

from farm.core.errors import StoreError
from farm.core.outcome import Outcome
from farm.core.sweep_spec import SweepSpec
from farm.core.ttnn_choice import by_age
from farm.core.verdicts import Reason, Verdict
from farm.store.board_ttnn import EarlierTtnn, ttnn_at
from farm.store.records import BoardEventKind, Ended, state_after, state_cause
from farm.store.run_details import RunDetails, read_details
from scheduler.board_state import BoardState, Cause

_ONE_OF_SEVERAL = "the ttnn that ran it; null where all boards of the run have the same"


class Model(BaseModel):
    """The base of every part of a view: read-only, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class AttemptView(Model):
    """One attempt of one vector on one board."""

    number: int = Field(description="1 for the first")
    board: str = Field(description="the board's id")
    ttnn_version: str | None = Field(default=None, description=_ONE_OF_SEVERAL)
    verdict: Verdict
    reason: Reason
    message: str
    started: datetime
    seconds: float
    inexact: list[str] = Field(description="arguments that the trace lost and that were left to their defaults")
    metrics: dict[str, float]
    details: dict[str, Any]

    def outcome(self, vector_id: str) -> Outcome:
        """Return the outcome that was recorded for this attempt of a vector."""
        return Outcome.from_json(
            {
                "vector_id": vector_id,
                "verdict": self.verdict,
                "reason": self.reason,
                "message": self.message,
                "started": self.started.timestamp(),
                "seconds": self.seconds,
                "inexact": self.inexact,
                "metrics": self.metrics,
                "details": self.details,
            }
        )


class VectorView(Model):
    """One planned vector and how it ended."""

    vector_id: str
    operation: str
    config_hash: str = Field(description="as tt-metal computes it")
    content_hash: str = Field(description="of operation and arguments, the same over runs")
    current_hash: str = Field(description="the content hash as this farm computes it", exclude=True)
    current_id: str = Field(
        description="the id as this farm computes it, which joins the vector with those of other runs", exclude=True
    )
    verdict: Verdict
    reason: Reason = Field(description="why, from a closed list; empty if the verdict says it all")
    inexact: list[str] = Field(description="arguments that the trace lost")
    message: str
    board: str | None = Field(description="of the last attempt; null if there was none")
    ttnn_version: str | None = Field(default=None, description=f"of the last attempt; {_ONE_OF_SEVERAL}")
    attempts: int = Field(description="the number of attempts")
    seconds: float = Field(description="all attempts together")
    concluded: bool = Field(description="false if the run has not given its verdict (yet)")
    device_config: dict[str, Any] = Field(description="how the board had to be opened")
    device_config_inferred: bool = Field(
        description="true if the trace didn't say it; it follows from the configuration"
    )
    sources: list[str] = Field(description="the models it was seen in")
    metrics: dict[str, float] = Field(description="of the last attempt")
    history: list[AttemptView] = Field(description="every attempt, first to last")


class BoardEventView(Model):
    """An event of a board."""

    at: datetime
    kind: BoardEventKind
    message: str
    details: dict[str, Any]

    @property
    def state(self) -> BoardState | None:
        """The board's new state; None for an event of another kind."""
        return state_after(self.details) if self.kind is BoardEventKind.STATE else None

    @property
    def cause(self) -> Cause | None:
        """Why the board changed its state; None for an event of another kind, and for a cause of older farms."""
        return state_cause(self.details) if self.kind is BoardEventKind.STATE else None


class BoardLogView(Model):
    """The last lines of a board's log files."""

    path: str = Field(description="the log file, on the board's host")
    tail: str = Field(description="the last lines of the supervisor's log")
    output: str = Field(description="the last lines that the board's workers printed")


class BoardView(Model):
    """A board that took part in a run."""

    id: str
    backend: str = Field(description="silicon, sim, mock or fake")
    kind: str
    arch: str
    chips: int
    computes: bool = Field(description="whether it computes numbers; a mock only validates")
    host: str
    ttnn_version: str | None
    earlier_ttnn: list[EarlierTtnn] = Field(
        default=[], description="the versions that opened it before, in the same run"
    )
    driver: str | None = Field(None, description="the version of the kernel driver, if the board has one")
    firmware: str | None = Field(None, description="the version of the board's firmware, if it has one")
    details: dict[str, Any]
    events: list[BoardEventView]
    log: BoardLogView | None = Field(None, description="null for a run that is not over, or has no logs")

    def ttnn_at(self, moment: float) -> str | None:
        """The version of the ttnn that opened it at a time, in Unix seconds; None if none did."""
        return ttnn_at(moment, self.ttnn_version, tuple(self.earlier_ttnn))


def ttnn_versions(boards: Iterable[BoardView]) -> list[str]:
    """Return every version of ttnn that opened one of the boards, oldest first."""
    versions = {version for board in boards for version in (board.ttnn_version, *(e.ttnn for e in board.earlier_ttnn))}
    return by_age(version for version in versions if version)


class Run(Model):
    """What every form of a run has."""

    id: str
    started: datetime
    finished: datetime | None = Field(description="null while it runs, or if its driver was killed")
    ended: Ended | None
    message: str = Field(description="why it ended early")
    command: str
    suite: str
    farm_version: str
    host: str = Field(description="where the driver ran")
    spec: SweepSpec | None = Field(description="what it runs, as `farm sweep --from` takes it; null for a zoo's run")
    details: dict[str, Any]

    @property
    def recorded(self) -> RunDetails:
        """The details that anything decides by."""
        return read_details(self.details, RunDetails)

    @property
    def source(self) -> str:
        """The path of what the vectors come from: a folder of modules, a checkout or a master; may be empty."""
        recorded = self.recorded
        modules = None if self.spec is None else self.spec.sweeps or self.spec.tt_metal
        return recorded.modules or (str(modules) if modules else recorded.master)

    @field_serializer("spec")
    def _without_defaults(self, spec: SweepSpec | None) -> dict[str, Any] | None:
        return None if spec is None else spec.as_json()


class RunHead(Run):
    """A run without its vectors and boards."""

    planned: int


class RunPart(Run):
    """A run with its boards, without its vectors."""

    ttnn_version: str | None = Field(description="of the boards' processes; several are joined by a comma")
    boards: list[BoardView]

    @property
    def ttnn_versions(self) -> list[str]:
        """The versions of the boards' ttnn, oldest first; those that are not known are not among them."""
        return ttnn_versions(self.boards)


class RunView(Model):
    """A run: what was planned, how each vector ended, on which boards."""

    run: RunPart
    vectors: list[VectorView]

    @computed_field(description="planned, and one number per verdict; they add up")  # type: ignore[prop-decorator]
    @property
    def counts(self) -> dict[str, int]:
        """`planned`, and one number per verdict, zeros included; the verdicts add up to `planned`."""
        numbers = Counter(vector.verdict for vector in self.vectors)
        return {"planned": len(self.vectors), **{verdict.value: numbers[verdict] for verdict in Verdict}}

    def vector(self, text: str) -> VectorView:
        """Return the vector that `text` names: an id, the beginning of one, or tt-metal's hash.

        Raises:
            StoreError: no vector or several match.
        """
        matches = [each for each in self.vectors if text in (each.vector_id[: len(text)], each.current_id[: len(text)])]
        matches = matches or [each for each in self.vectors if each.config_hash == text]
        exact = [each for each in matches if text in (each.vector_id, each.current_id)]
        if len(exact or matches) == 1:
            return (exact or matches)[0]
        several = f"{len(matches)} vectors whose ids begin with" if matches else "no vector"
        raise StoreError(f"run {self.run.id} has {several} {text!r}")

    @property
    def computes(self) -> bool:
        """Whether every board of the run computes numbers; on a mock, nothing is computed."""
        return all(board.computes for board in self.run.boards)
