"""A store that an earlier farm wrote: it read a set as numbered fields, so the vector's id was another one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from farm.core.attempt import Attempt, Conclusion
from farm.core.outcome import Outcome
from farm.core.payload import TracedCall
from farm.core.verdicts import Reason, Verdict
from farm.store import Ended, RunBoard, RunInfo, Store, schema
from tests.farm.store_helpers import MOCK, Planned
from tracer.schemas.former import reread
from tracer.values import decode, encode
from tracer.values.canonical import canonical_text, content_hash, hash_of

OPERATION = "ttnn.fill"
_COORDINATE = {"type": "MeshCoordinate", "value": "MeshCoordinate(coords=[0, 1])"}
ARGUMENTS: dict[str, Any] = {"arg0": 1, "where": {"type": "set", "fields": {"0": _COORDINATE}}}


def planned(arguments: dict[str, Any], hash_: str, number: str = "") -> Planned:
    """A vector of these arguments, under the id that follows from a content hash."""
    vector_id = hash_[:16] + number
    payload = TracedCall(vector_id, OPERATION, arguments).as_json()
    return Planned(vector_id, OPERATION, content_hash=hash_, payload=payload)


_TODAY = reread(ARGUMENTS)
FORMER = planned(ARGUMENTS, hash_of(canonical_text(OPERATION, ARGUMENTS)))
CURRENT = planned({name: encode(value) for name, value in _TODAY.items()}, content_hash(OPERATION, _TODAY))
PLAIN = planned(ARGUMENTS, content_hash(OPERATION, {name: decode(raw) for name, raw in ARGUMENTS.items()}))
"""Of a master that has the arguments in the former encoding: its text is read as it is."""
UNREADABLE = planned({"arg0": {"type": "ttnn.Tensor", "original_shape": [-1]}}, "e" * 64)
OTHER = planned({"arg0": 2}, content_hash(OPERATION, {"arg0": 2}))
ALIASES = sorted((each.content_hash, CURRENT.content_hash) for each in (FORMER, PLAIN))


def record(store: Store, vectors: list[Planned], verdict: Verdict, started: float) -> str:
    """Record a run in which all vectors end so."""
    run_id = store.start_run(RunInfo("farm sweep", suite="model_traced", started=started))
    store.board(run_id, RunBoard(MOCK, host="here"))
    store.plan(run_id, vectors)
    for each in vectors:
        outcome = Outcome(each.id, verdict, started=started, seconds=0.5)
        store.record(run_id, [Attempt(1, MOCK.id, outcome)], [Conclusion(each.id, verdict, Reason.NONE, "")])
    store.finish_run(run_id, Ended.COMPLETED, finished=started + 1)
    return run_id


def store_of_former_ids(store: Store) -> tuple[str, str, str]:
    """Record a run under former ids and one under today's; leave the store as revision 0006 had it.

    Returns:
        the ids of both runs, and of one in which the former configuration is twice.
    """
    old = record(store, [FORMER, UNREADABLE, OTHER], Verdict.VALIDATED, 1_700_000_000.0)
    new = record(store, [CURRENT, UNREADABLE, OTHER], Verdict.FAIL_ASSERT_EXCEPTION, 1_700_000_100.0)
    twice = record(store, [FORMER, planned(ARGUMENTS, FORMER.content_hash, "-2")], Verdict.VALIDATED, 1_700_000_200.0)
    with store.writing() as connection:
        schema.vector_aliases.drop(connection)
        schema.run_leases.drop(connection)
        connection.execute(schema.revision.update().values(version_num="0006"))
    return old, new, twice


def rows_of(store: Store) -> list[tuple[str, str]]:
    """The aliases of a store."""
    with store.reading() as connection:
        table = schema.vector_aliases
        rows = connection.execute(select(table)).all()
    assert all((row.beginning, row.current_beginning) == (row.content_hash[:16], row.current_hash[:16]) for row in rows)
    return sorted((row.content_hash, row.current_hash) for row in rows)
