"""The driver's records as rows of the tables."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from farm.core.attempt import Attempt, Conclusion
from farm.core.outcome import checked_outcome
from farm.core.secret_texts import without_secrets
from farm.store.board_ttnn import with_earlier_ttnn
from farm.store.columns import JsonText, to_json
from farm.store.records import BoardEvent, Plannable, RunBoard, RunInfo
from farm.store.sweep_specs import stored_details
from tracer.device_config import DeviceConfig

if TYPE_CHECKING:
    from sqlalchemy import Row as SqlRow

Row = dict[str, Any]

LATEST = 253402300800.0  # the year 10000, beyond which Python has no dates


def run_row(info: RunInfo) -> Row:
    """A row of `runs`."""
    return {
        "id": info.id,
        "started": info.started,
        "finished": None,
        "ended": None,
        "message": "",
        "command": without_secrets(info.command),
        "suite": info.suite,
        "farm_version": info.farm_version,
        "host": info.host,
        "details": stored_details(info.spec, info.details),
    }


def board_row(run_id: str, board: RunBoard, replaced: SqlRow[Any] | None = None) -> Row:
    """A row of `boards`, which may replace another one of the same board."""
    details = board.details
    if replaced is not None:
        details = with_earlier_ttnn(
            details, board.ttnn_version, replaced.details, replaced.ttnn_version, now=time.time()
        )
    return {
        "run_id": run_id,
        "board": board.board.id,
        "backend": board.board.backend,
        "kind": board.board.kind.name,
        "arch": board.board.kind.arch,
        "chips": board.board.kind.chips,
        "computes": board.board.computes,
        "host": board.host,
        "ttnn_version": board.ttnn_version,
        "details": details,
    }


def event_row(run_id: str, event: BoardEvent) -> Row:
    """A row of `board_events`."""
    return {
        "run_id": run_id,
        "board": event.board,
        "at": _storable(event.at),
        "kind": event.kind.value,
        "message": event.message,
        "details": event.details,
    }


def vector_row(run_id: str, vector: Plannable, position: int, configuration: str) -> Row:
    """A row of `vectors`.

    Args:
        run_id: its run.
        vector: the vector.
        position: its index in the run's plan.
        configuration: the hash of its payload, the key of `configurations`.
    """
    return {
        "run_id": run_id,
        "vector_id": vector.id,
        "position": position,
        "operation": vector.operation,
        "config_hash": vector.config_hash,
        "content_hash": vector.content_hash,
        "configuration": configuration,
        "device_config": _written(vector.device_config),
        "device_config_inferred": vector.device_config_inferred,
        "sources": list(vector.sources),
        "lost": list(vector.lost),
    }


def attempt_row(run_id: str, attempt: Attempt) -> Row:
    """A row of `attempts`."""
    outcome = checked_outcome(attempt.outcome)
    return {
        "run_id": run_id,
        "vector_id": outcome.vector_id,
        "attempt": attempt.number,
        "board": attempt.board,
        "verdict": outcome.verdict.value,
        "reason": outcome.reason.value,
        "message": outcome.message,
        "started": _storable(outcome.started),
        "seconds": _storable(outcome.seconds),
        "inexact": list(outcome.inexact),
        "metrics": outcome.metrics,
        "details": outcome.all_details(),
    }


def conclusion_row(run_id: str, conclusion: Conclusion) -> Row:
    """A row of `verdicts`."""
    return {
        "run_id": run_id,
        "vector_id": conclusion.vector_id,
        "verdict": conclusion.verdict.value,
        "reason": conclusion.reason.value,
        "message": conclusion.message,
    }


@lru_cache(maxsize=1024)
def _written(config: DeviceConfig) -> JsonText:
    """A device config as JSON. Cached: a run has thousands of vectors and only a few device configs."""
    return JsonText(to_json(config.as_json()))


def _storable(seconds: float) -> float:
    """`seconds`, or 0 for NaN and other values that are no time: SQLite has no NaN and would refuse the row."""
    return seconds if 0 <= seconds < LATEST else 0.0
