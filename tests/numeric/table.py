"""The table of bendings: each kind of operation, bent in each way, and whether farm notices.

Whether a bent output is within its row's bounds is decided by `tests.numeric.within`, apart from farm's own comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import ttnn

from farm.core.messages import Opened
from farm.core.outcome import Outcome
from farm.core.payload import TracedCall
from farm.judging.call_facts import CallFacts
from farm.judging.tolerances import tolerance
from farm.worker.replay import by_parameter
from farm.worker.runner import Bound
from farm.worker.session import Session
from tests.numeric.bendings import BENDINGS, Bending, NotApplicable
from tests.numeric.double import Bend, NumericDouble, Place, like
from tests.numeric.run import double
from tests.numeric.samples import Sample
from tests.numeric.within import within
from tracer.device_config import DeviceConfig


class Cell(str, Enum):
    """What became of a bending."""

    CAUGHT = "caught"
    """It goes beyond the bounds, and the vector failed for its numbers."""
    WITHIN = "within bounds"
    """It changes the output by no more than the bounds allow, and the vector passed."""
    UNCHANGED = "same numbers"
    """It changes nothing here: a roll of equal numbers, say."""
    NOT_APPLICABLE = "-"
    """It means nothing for this output."""
    MISSED = "MISSED"
    """It goes beyond the bounds, and the vector did not fail."""
    FALSE = "FALSE FAILURE"
    """It is within the bounds, and the vector failed."""

    @property
    def bad(self) -> bool:
        """Whether farm's judgement was wrong."""
        return self in (Cell.MISSED, Cell.FALSE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell of the table.

    Attributes:
        sample: the call.
        bending: the name of the bending.
        cell: what became of it.
        why: why it isn't applicable, or what the vector said.
    """

    sample: Sample
    bending: str
    cell: Cell
    why: str

    def as_json(self) -> dict[str, str]:
        """The entry as a plain dict."""
        names = {"kind": self.sample.kind.value, "operation": self.sample.operation}
        return {**names, "bending": self.bending, "cell": self.cell.value, "why": self.why}


def markdown(entries: Sequence[Entry]) -> str:
    """The table: a row for each sample, a column for each bending."""
    signs = {Cell.CAUGHT: "✓", Cell.WITHIN: "≤", Cell.UNCHANGED: "=", Cell.NOT_APPLICABLE: "-"}
    head = f"| kind | operation | {' | '.join(BENDINGS)} |\n|{' --- |' * (len(BENDINGS) + 2)}\n"
    by_sample: dict[int, list[Entry]] = {}
    for entry in entries:
        by_sample.setdefault(id(entry.sample), []).append(entry)
    rows = [
        f"| {row[0].sample.kind.value} | {row[0].sample.name} | "
        + " | ".join(signs.get(each.cell, each.cell.value) for each in row)
        + " |"
        for row in by_sample.values()
    ]
    legend = "✓ caught; ≤ within the row's bounds; = the same numbers; - means nothing for this output"
    return head + "\n".join(rows) + f"\n\n{legend}"


OPENING = DeviceConfig(mesh_shape=(1, 2), dispatch_core_type="ETH", l1_small_size=32768, fabric="FABRIC_1D")
"""How the n300 is opened for the samples."""


class Bench:
    """A session on a mock n300 with the numeric double, on which samples are bent."""

    def __init__(self, opening: DeviceConfig = OPENING) -> None:
        self._opening = opening
        self._double: NumericDouble | None = None
        self._session = Session(computes=True, execution=self._make)

    def __enter__(self) -> Bench:
        opened = self._session.open(self._opening)
        if not isinstance(opened, Opened):
            raise RuntimeError(f"the mock doesn't open: {opened}")  # noqa: TRY004 - no argument's type
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def _make(self, device: Any) -> NumericDouble:
        self._double = double()(device)
        return self._double

    def run(self, sample: Sample, bend: Bend | None = None, *, honest: bool = False) -> tuple[Outcome, NumericDouble]:
        """Run a sample, and return what it came to and what the double gave."""
        assert self._double is not None, "the bench is not open"
        self._double.bend = bend
        self._double.honest = honest
        return self._session.run(sample.call), self._double

    def entries(self, sample: Sample) -> Iterator[Entry]:
        """Bend a sample in every way."""
        for name, bend in BENDINGS.items():
            yield _entry(self, sample, name, bend)


def _entry(bench: Bench, sample: Sample, name: str, bend: Bending) -> Entry:
    refusals: list[str] = []

    def bent(numbers: Any, place: Place) -> Any:
        try:
            return bend(numbers, place)
        except NotApplicable as error:
            refusals.append(str(error))
            return numbers

    outcome, given = bench.run(sample, bent)
    if not given.outputs:
        return Entry(sample, name, Cell.FALSE, f"{outcome.verdict.value}: {outcome.message}")
    if len(refusals) == len(given.outputs):
        return Entry(sample, name, Cell.NOT_APPLICABLE, refusals[0])
    return Entry(sample, name, _cell(sample.call, given, outcome), outcome.message)


def _cell(call: TracedCall, given: NumericDouble, outcome: Outcome) -> Cell:
    bound = Bound.of(call)
    facts = CallFacts(call.operation, by_parameter(bound.arguments, bound.call.names), "wormhole_b0")
    pairs = [(_array(each.right), _array(ttnn.to_torch(each.host)), each.host.dtype.name) for each in given.outputs]
    right = all(within(expected, actual, dtype, tolerance(facts, dtype).bounds) for expected, actual, dtype in pairs)
    if outcome.verdict.failed:
        return Cell.FALSE if right else Cell.CAUGHT
    if not right:
        return Cell.MISSED
    unbent = [_array(ttnn.to_torch(like(each.place.tensor, each.right))) for each in given.outputs]
    same = all((one[1] == other).all() for one, other in zip(pairs, unbent, strict=True))
    return Cell.UNCHANGED if same else Cell.WITHIN


def _array(tensor: Any) -> Any:
    return tensor.double().numpy()
