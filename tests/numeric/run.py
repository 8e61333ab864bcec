"""Running configurations of masters on the numeric double."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from farm.board.kinds import KINDS
from farm.core.numeric_options import NumericOptions
from farm.core.outcome import Outcome
from farm.core.payload import TracedCall, decode
from farm.core.verdicts import Reason
from farm.planning.vectors import Vector, plan
from farm.worker.session import Session
from tests.numeric.double import Bend, NumericDouble
from tracer.master.master import Master
from tracer.values import Tensor, Value
from tracer.values import decode as decode_value

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

    @property
    def word(self) -> str:
        """The verdict, and its reason where it has one."""
        return f"{self.outcome.verdict.value} {self.outcome.reason.value}".strip()

    @property
    def is_false_failure(self) -> bool:
        """Whether right numbers failed, not whether ttnn refused the call or laid out its output otherwise."""
        outcome = self.outcome
        refused = outcome.reason in (Reason.EXCEPTION, Reason.OUT_OF_MEMORY)
        otherwise = outcome.reason is Reason.OUTPUT_MISMATCH and outcome.output is not None
        return (outcome.verdict.failed or outcome.verdict.fault) and not refused and not otherwise

    def as_json(self) -> dict[str, Any]:
        """The run as a plain dict."""
        return {
            "operation": self.vector.operation,
            "id": self.vector.id,
            "seed": self.seed,
            "word": self.word,
            "message": self.outcome.message,
        }


def runs(
    master: Master,
    operations: Iterable[str] = (),
    *,
    seeds: Iterable[int] = (0,),
    smallest: bool = False,
    bend: Bend | None = None,
    honest: bool = False,
) -> Iterator[NumericRun]:
    """Run the configurations of a master that an n300 takes, those that open it alike together.

    Args:
        master: the master.
        operations: only these; all where none are given.
        seeds: of the inputs; each configuration runs once with each.
        smallest: of each operation, only the configuration with the fewest elements.
        bend: bends the outputs.
        honest: whether outputs are as far from exact ones as hardware makes them.
    """
    seeds = list(seeds)
    session = Session(computes=True, execution=double(bend, honest=honest))
    vectors = [each for each in plan(master, list(operations), [KIND]) if KIND.name in each.kinds]
    if smallest:
        by_size = sorted(vectors, key=_elements, reverse=True)
        vectors = list({each.operation: each for each in by_size}.values())
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


def _elements(vector: Vector) -> int:
    """The number of elements of a call's tensors."""
    payload = decode(vector.text)
    if not isinstance(payload, TracedCall):
        return sys.maxsize
    tensors = [each for value in payload.arguments.values() for each in _tensors(decode_value(value))]
    return sum(math.prod(each.shape) for each in tensors)


def _tensors(value: Value) -> list[Tensor]:
    if isinstance(value, tuple):
        return [tensor for part in value for tensor in _tensors(part)]
    return [value] if isinstance(value, Tensor) else []


def double(bend: Bend | None = None, *, honest: bool = False) -> Callable[[Any], NumericDouble]:
    """Make doubles of open devices."""
    from farm.worker.goldens.calling import GoldenCall

    return lambda device: NumericDouble(
        device, lambda operation, live, chip: GoldenCall.of(operation, live).on_chip(chip), bend, honest
    )
