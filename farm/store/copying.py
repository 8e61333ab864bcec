"""Copy a run from one store to another, unchanged or with other ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, Table, delete, insert, select

from farm.store import schema
from farm.store.inserts import insert_new, insert_or_replace

CHUNK = 1000


def _same_board(board: str) -> str:
    return board


def _same_position(position: int) -> int:
    return position


@dataclass(frozen=True, slots=True)
class Renaming:
    """How a copy of a run differs from the run.

    Attributes:
        run_id: the id of the copy.
        board: returns the copy's id of a board.
        position: returns the copy's position of a vector in the plan.
        with_run: whether the run's own row is copied, too.
    """

    run_id: str
    board: Callable[[str], str] = _same_board
    position: Callable[[int], int] = _same_position
    with_run: bool = True


def copy_run(source: Connection, target: Connection, run_id: str, renaming: Renaming | None = None) -> None:
    """Copy a run with everything that belongs to it; rows that the target has already are replaced.

    Args:
        source: the connection to read from.
        target: the connection to write to; the caller's transaction.
        run_id: the run's id in the source.
        renaming: how the copy differs; None for an equal copy.
    """
    new = renaming or Renaming(run_id)
    if new.with_run:
        target.execute(delete(schema.board_events).where(schema.board_events.c.run_id == new.run_id))
        _copy(source, target, schema.runs, select(schema.runs).where(schema.runs.c.id == run_id), new)
    used = select(schema.vectors.c.configuration).where(schema.vectors.c.run_id == run_id)
    configurations = schema.configurations
    _copy(source, target, configurations, select(configurations).where(configurations.c.hash.in_(used)), new)
    for table in (schema.boards, schema.vectors, schema.attempts, schema.verdicts):
        _copy(source, target, table, select(table).where(table.c.run_id == run_id), new)
    hashes = select(schema.vectors.c.content_hash).where(schema.vectors.c.run_id == run_id)
    aliases = schema.vector_aliases
    current = select(aliases.c.current_hash).where(aliases.c.content_hash.in_(hashes))
    unresolved = aliases.c.content_hash == aliases.c.current_hash
    of_run = select(aliases).where(aliases.c.current_hash.in_(current))
    _copy(source, target, aliases, of_run.where(~unresolved), new)
    _copy(source, target, aliases, of_run.where(unresolved), new, insertion=insert_new)
    events = schema.board_events
    for rows in _chunks(source, select(events).where(events.c.run_id == run_id).order_by(events.c.at, events.c.id)):
        # the target numbers its events itself
        copies = [{key: value for key, value in row.items() if key != "id"} for row in rows]
        target.execute(insert(events), [_renamed(events, row, new) for row in copies])


def _copy(
    source: Connection,
    target: Connection,
    table: Table,
    rows: Select[Any],
    new: Renaming,
    *,
    insertion: Callable[[Connection, Table], Any] = insert_or_replace,
) -> None:
    for chunk in _chunks(source, rows.order_by(*table.primary_key)):
        target.execute(insertion(target, table), [_renamed(table, row, new) for row in chunk])


def _chunks(source: Connection, rows: Select[Any]) -> Iterator[list[dict[str, Any]]]:
    for part in source.execute(rows).mappings().partitions(CHUNK):
        yield [dict(row) for row in part]


def _renamed(table: Table, row: dict[str, Any], new: Renaming) -> dict[str, Any]:
    if table is schema.runs:
        row["id"] = new.run_id
    if "run_id" in row:
        row["run_id"] = new.run_id
    if "board" in row:
        row["board"] = new.board(row["board"])
    if "position" in row:
        row["position"] = new.position(row["position"])
    return row
