"""What a report of a run needs besides its view: whole configurations, earlier runs, and what changed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from farm.core.payload import Payload, TracedCall, from_json
from farm.report.compare import Comparison, compare
from farm.report.flaky import Flakiness, flakiness
from farm.report.text import first_line
from farm.store import PastVector, RunTally, RunView, Store
from tracer.errors import TracerError
from tracer.master.view import statistics_lines
from tracer.values import decode, show

RUNS_COMPARED = 20
"""How many runs of the same selection a report looks at, the run itself included."""
LONGEST_ARGUMENT = 4000
"""Characters of an argument that a report shows."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What the store knows about a run besides its view.

    Attributes:
        configurations: the arguments of each vector by its id, one line each.
        payloads: reads each vector's id and payload in the plan's order, while the store is open.
        runs: this run and earlier ones of the same selection, oldest first.
        comparison: with the newest of the earlier runs; None if there is none.
        past: how each vector ended in `runs`, by `current_id`, oldest first.
        flaky: vectors that flaked in `runs`.
    """

    configurations: dict[str, tuple[str, ...]] = field(default_factory=dict)
    payloads: Callable[[], Iterable[tuple[str, Payload]]] = tuple
    runs: tuple[RunTally, ...] = ()
    comparison: Comparison | None = None
    past: dict[str, tuple[PastVector, ...]] = field(default_factory=dict)
    flaky: tuple[Flakiness, ...] = ()


def read_context(store: Store, view: RunView) -> RunContext:
    """Read the context of a run."""
    run_id = view.run.id
    runs = store.similar_runs(run_id, RUNS_COMPARED)
    past = store.past_vectors([tally.run.id for tally in runs]) if len(runs) > 1 else []
    histories: dict[str, list[PastVector]] = defaultdict(list)
    for vector in past:
        histories[vector.current_id].append(vector)
    before = runs[-2].run.id if len(runs) > 1 else None
    return RunContext(
        configurations={key: configuration_lines(payload) for key, payload in _payloads(store, run_id)},
        payloads=partial(_payloads, store, run_id),
        runs=tuple(runs),
        comparison=compare(store.view(before), view, earlier_seconds(past, before)) if before else None,
        past={key: tuple(history) for key, history in histories.items()},
        flaky=tuple(flakiness(past)),
    )


def _payloads(store: Store, run_id: str) -> Iterator[tuple[str, Payload]]:
    for vector_id, payload in store.payloads(run_id):
        yield vector_id, from_json(payload)


def compare_runs(store: Store, old: str, new: str) -> Comparison:
    """Compare two runs; earlier runs like the old one show how much times vary."""
    past = store.past_vectors([tally.run.id for tally in store.similar_runs(old, RUNS_COMPARED)])
    return compare(store.view(old), store.view(new), earlier_seconds(past, before=old))


def earlier_seconds(past: Sequence[PastVector], before: str) -> dict[str, list[float]]:
    """Return the seconds of vectors that ended well in the runs before the run `before`, by `current_id`."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for vector in past:
        if vector.run_id == before:
            break
        if vector.verdict.good:
            seconds[vector.current_id].append(vector.seconds)
    return seconds


def configuration_lines(payload: Payload) -> tuple[str, ...]:
    """Return the arguments of a vector, one line each: `input_tensor: Tensor(shape=...)`."""
    if not isinstance(payload, TracedCall):
        fields = ((key, part) for key, part in payload.as_json().items() if key not in {"tag", "id", "operation"})
        return tuple(f"{first_line(str(key))}: {_compact(part)}" for key, part in fields)
    names = {f"arg{position}": str(name) for position, name in enumerate(payload.names)}
    lines = []
    for key, part in payload.arguments.items():
        lines.append(f"{_named(str(key), names)}: {_readable(_compact(part))}")
        lines += statistics_lines(key, payload.statistics)
    if payload.output is not None:
        lines.append(f"→ {_readable(_compact(payload.output))}")
    return tuple(lines)


def _named(key: str, names: dict[str, str]) -> str:
    return first_line(f"{key} ({names[key]})" if names.get(key) else key)


def _compact(value: Any) -> str:
    return json.dumps(value, default=str)


@lru_cache(maxsize=50_000)
def _readable(text: str) -> str:
    """Return an encoded value as people read it. Cached: the vectors of a run repeat their values."""
    try:
        line = show(decode(json.loads(text)))
    except (TracerError, ValueError, KeyError, TypeError):
        line = text
    return first_line(line)[:LONGEST_ARGUMENT]
