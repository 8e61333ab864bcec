"""What a chaos run tells: one table, with a column for each of its stages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.chaos.ledger import Ledger


@dataclass
class Stage:
    """What came of a stage.

    Attributes:
        name: heads its column.
        faults: how many were thrown, by kind.
        drivers: how many the run took.
        seconds: how long it took.
        ledger: what the store says of it.
        how: how many vectors behave in which way.
        waits: seconds from faults until the run wrote them down, for those that it did.
        quiet: seconds of the same with no faults; None where that was not run.
        given_up: why it was not run to its end; empty where it was.
    """

    name: str
    faults: Counter[str]
    drivers: int
    seconds: float
    ledger: Ledger
    how: Counter[str]
    waits: Sequence[float] = ()
    quiet: float | None = None
    given_up: str = field(default="", kw_only=True)

    @property
    def wrong(self) -> list[str]:
        """What must not be, each in words."""
        return [*self.ledger.lost, *self.ledger.doubled, *self.ledger.blamed]

    @property
    def sound(self) -> bool:
        """Whether it came to its end, and nothing is wrong."""
        return not (self.given_up or self.wrong or self.ledger.undone)

    def rows(self) -> dict[str, str]:
        """Its column, by row."""
        waits = sorted(self.waits)
        ledger = self.ledger
        return {
            **{name: str(count) for name, count in sorted(self.faults.items())},
            **{f"vectors that are {how}": str(count) for how, count in sorted(self.how.items())},
            "faults thrown": str(self.faults.total()),
            "drivers": str(self.drivers),
            "vectors planned": str(ledger.planned),
            "attempts": str(ledger.attempts),
            "lost": str(len(ledger.lost)),
            "doubled": str(len(ledger.doubled)),
            "wrongly blamed": str(len(ledger.blamed)),
            "not done": str(ledger.undone),
            "seconds": f"{self.seconds:.1f}" + (", given up" if self.given_up else ""),
            "seconds of a quiet run": f"{self.quiet:.1f}" if self.quiet else "-",
            "overhead against a quiet run": f"{self.seconds / self.quiet - 1:.0%}" if self.quiet else "-",
            "seconds to notice, median": f"{waits[len(waits) // 2]:.2f}" if waits else "-",
            "seconds to notice, most": f"{waits[-1]:.2f}" if waits else "-",
        }


def show(stages: Sequence[Stage]) -> None:
    """Prints the table, and below it what is wrong."""
    columns = [stage.rows() for stage in stages]
    _line("", [stage.name for stage in stages])
    for row in _merged(columns):
        _line(row, [column.get(row, "-") for column in columns])
    for stage in stages:
        if stage.given_up:
            print(f"NOT DONE: {stage.name}: {stage.given_up}")
        for wrong in stage.wrong:
            print(f"WRONG: {stage.name}: {wrong}")


def _line(row: str, values: Iterable[str]) -> None:
    print(f"{row:32}" + "".join(f"{value:>16}" for value in values))


def _merged(columns: Sequence[dict[str, str]]) -> list[str]:
    """Every row that a column has: kinds of faults, then kinds of vectors, then figures."""
    figures = list(Stage("", Counter(), 0, 0.0, Ledger(), Counter()).rows())
    others = sorted({row for column in columns for row in column} - {*figures}, key=lambda row: ("vectors" in row, row))
    return [*others, *figures]
