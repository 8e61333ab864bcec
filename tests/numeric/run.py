"""Running configurations of masters on the numeric double."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from farm.board.kinds import KINDS
from farm.core.numeric_options import NumericOptions
from farm.core.outcome import Outcome
from farm.core.payload import TracedCall, decode
from farm.planning.vectors import Vector, plan
from farm.worker.session import Session
from tests.numeric.double import Bend, NumericDouble
from tracer.master.master import Master

KIND = KINDS["n300"]


@dataclass(frozen=True, slots=True)
class NumericRun:
    """One run of a vector on the double.

    Attributes:
        vector: the vector.
        seed: the seed of its inputs.
        outcome: what it came to.
    """

    vector: Vector
    seed: int
    outcome: Outcome


def runs(
    master: Master, operations: Iterable[str] = (), *, seeds: Iterable[int] = (0,), bend: Bend | None = None
) -> Iterator[NumericRun]:
    """Run the configurations of a master that an n300 takes, board openings of one kind together."""
    seeds = list(seeds)
    session = Session(computes=True, execution=double(bend))
    vectors = [each for each in plan(master, list(operations), [KIND]) if KIND.name in each.kinds]
    opened: Any = None
    try:
        for vector in sorted(vectors, key=lambda each: str(each.config_for(KIND.name))):
            config = vector.config_for(KIND.name)
            if config != opened:
                session.open(config)
                opened = config
            payload = decode(vector.text)
            if not isinstance(payload, TracedCall):
                continue
            for seed in seeds:
                outcome = session.run(replace(payload, numbers=NumericOptions(seed=seed)))
                yield NumericRun(vector, seed, outcome)
    finally:
        session.close()


def double(bend: Bend | None = None) -> Callable[[Any], NumericDouble]:
    """Make doubles of open devices."""
    from farm.worker.goldens.calling import GoldenCall

    return lambda device: NumericDouble(
        device, lambda operation, live, chip: GoldenCall.of(operation, live).on_chip(chip), bend
    )
