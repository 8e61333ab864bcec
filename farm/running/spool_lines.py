"""The lines of a spool: whose records it holds, and the records themselves, as JSON.

A line that an earlier farm wrote is read: what it lacks has a default, and what it has is in the same place. Text has
JSON's own escapes, since a lone surrogate is no UTF-8.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, TypeAdapter

from farm.board.parts import kind_or_part_named
from farm.core.attempt import Attempt, Conclusion
from farm.core.board import Board, BoardKind
from farm.core.errors import FarmError
from farm.core.outcome import Outcome
from farm.running.spool_owner import SpoolOwner
from farm.store import RunBoard
from farm.store.records import Batch, BoardEvent, RunEnd

_OWNER = TypeAdapter(SpoolOwner)


def _kind(value: BoardKind | str) -> BoardKind:
    try:
        return kind_or_part_named(value) if isinstance(value, str) else value
    except FarmError as error:
        raise ValueError(str(error)) from error


def _outcome(value: Outcome | Mapping[str, Any]) -> Outcome:
    return value if isinstance(value, Outcome) else Outcome.from_json(value)


class _Line(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class _Board(_Line):
    """A `RunBoard`, without what only the board's host needs."""

    id: str = Field(validation_alias=AliasChoices("id", AliasPath("board", "id")))
    backend: str = Field(validation_alias=AliasChoices("backend", AliasPath("board", "backend")))
    kind: Annotated[BoardKind, PlainValidator(_kind), PlainSerializer(lambda kind: kind.name)] = Field(
        validation_alias=AliasChoices("kind", AliasPath("board", "kind"))
    )
    computes: bool = Field(validation_alias=AliasChoices("computes", AliasPath("board", "computes")))
    host: str = ""
    ttnn_version: str | None = None
    details: dict[str, Any] = {}


class _Attempt(_Line):
    """An `Attempt`; the outcome is as the store has it."""

    number: int
    board: str
    outcome: Annotated[Outcome, PlainValidator(_outcome), PlainSerializer(Outcome.as_json)]


class _Batch(_Line):
    """A `Batch`."""

    number: int
    boards: tuple[_Board, ...] = ()
    attempts: tuple[_Attempt, ...] = ()
    conclusions: tuple[Conclusion, ...] = ()
    events: tuple[BoardEvent, ...] = ()
    end: RunEnd | None = None


def owner_line(owner: SpoolOwner) -> bytes:
    """Return the first line of a spool."""
    return json.dumps(asdict(owner)).encode() + b"\n"


def read_owner(line: bytes) -> SpoolOwner:
    """Read what `owner_line` returned.

    Raises:
        ValueError: it is another or a damaged line.
    """
    return _OWNER.validate_python(json.loads(line))


def batch_line(batch: Batch) -> bytes:
    """Return the line of a batch."""
    return json.dumps(_Batch.model_validate(batch).model_dump(), default=repr).encode() + b"\n"


def read_batch(line: bytes) -> Batch:
    """Read what `batch_line` returned.

    Raises:
        ValueError, TypeError, KeyError: it is damaged.
    """
    read = _Batch.model_validate(json.loads(line))
    boards = [
        RunBoard(
            Board(each.id, each.backend, each.kind, computes=each.computes), each.host, each.ttnn_version, each.details
        )
        for each in read.boards
    ]
    attempts = [Attempt(each.number, each.board, each.outcome) for each in read.attempts]
    return Batch(read.number, boards, attempts, read.conclusions, read.events, read.end)
