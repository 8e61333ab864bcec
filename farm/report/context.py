"""What a report of one run takes from beyond its view: whole configurations, earlier runs, what changed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from farm.core.payload import Payload, TracedCall, from_json
from farm.report.compare import Comparison, compare
from farm.report.flaky import Flakiness, flakiness
from farm.report.text import first_line
from farm.store import PastVector, RunTally, RunView, Store
from tracer.errors import TracerError
from tracer.values import decode, show

RUNS_LOOKED_AT = 20
LONGEST_ARGUMENT = 4000


@dataclass(frozen=True, slots=True)
class RunContext:
    """What else is known of a run.

    Attributes:
        configurations: every argument of each vector, in lines.
        runs: this run and earlier ones of the same selection, oldest first.
        comparison: with the newest of the earlier ones, where there is one.
        past: verdicts of each vector in `runs`, oldest first.
        flaky: vectors that ever flaked in `runs`.
    """

    configurations: dict[str, tuple[str, ...]] = field(default_factory=dict)
    runs: tuple[RunTally, ...] = ()
    comparison: Comparison | None = None
    past: dict[str, tuple[PastVector, ...]] = field(default_factory=dict)
    flaky: tuple[Flakiness, ...] = ()


def read_context(store: Store, view: RunView) -> RunContext:
    """Reads what a report of `view` wants beside it."""
    run_id = view.run.id
    alike = store.alike(run_id, RUNS_LOOKED_AT)
    past = store.past([tally.run.id for tally in alike]) if len(alike) > 1 else []
    stories: dict[str, list[PastVector]] = defaultdict(list)
    for each in past:
        stories[each.vector_id].append(each)
    before = alike[-2].run.id if len(alike) > 1 else None
    return RunContext(
        configurations={key: configuration_lines(from_json(payload)) for key, payload in store.payloads(run_id)},
        runs=tuple(alike),
        comparison=compare(store.view(before), view, earlier_seconds(past, before)) if before else None,
        past={key: tuple(story) for key, story in stories.items()},
        flaky=tuple(flakiness(past)),
    )


def compare_runs(store: Store, old: str, new: str) -> Comparison:
    """Compares two runs, with what earlier ones like the old one say of noise."""
    past = store.past([tally.run.id for tally in store.alike(old, RUNS_LOOKED_AT)])
    return compare(store.view(old), store.view(new), earlier_seconds(past, before=old))


def earlier_seconds(past: Sequence[PastVector], before: str) -> dict[str, list[float]]:
    """What vectors that ended well took in the runs before the one named `before`."""
    found: dict[str, list[float]] = defaultdict(list)
    for each in past:
        if each.run_id == before:
            break
        if each.verdict.good:
            found[each.vector_id].append(each.seconds)
    return found


def configuration_lines(payload: Payload) -> tuple[str, ...]:
    """What a vector ran with, one line each: `input_tensor: Tensor(shape=...)`."""
    if not isinstance(payload, TracedCall):
        fields = ((key, part) for key, part in payload.as_json().items() if key not in {"tag", "id", "operation"})
        return tuple(f"{first_line(str(key))}: {_compact(part)}" for key, part in fields)
    names = {f"arg{position}": str(name) for position, name in enumerate(payload.names)}
    lines = [f"{_named(str(key), names)}: {_shown(_compact(part))}" for key, part in payload.arguments.items()]
    if payload.output is not None:
        lines.append(f"→ {_shown(_compact(payload.output))}")
    return tuple(lines)


def _named(key: str, known: dict[str, str]) -> str:
    return first_line(f"{key} ({known[key]})" if known.get(key) else key)


def _compact(value: Any) -> str:
    return json.dumps(value, default=str)


@lru_cache(maxsize=50_000)
def _shown(text: str) -> str:
    """An encoded value as people read it; runs repeat them, so each is shown once."""
    try:
        line = show(decode(json.loads(text)))
    except (TracerError, ValueError, KeyError, TypeError):
        line = text
    return first_line(line)[:LONGEST_ARGUMENT]
