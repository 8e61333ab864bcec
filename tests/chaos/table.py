"""Print the results of a chaos run: one table, with a column for each stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.chaos.ledger import Ledger


@dataclass
class Stage:
    """The results of one stage.

    Attributes:
        name: the heading of its column.
        faults: number of injected faults, by kind.
        drivers: number of drivers that the run needed.
        seconds: how long it took.
        ledger: the audit of its store.
        behavior: number of vectors, by behavior.
        waits: seconds from a fault until the run recorded it, for those that it recorded.
        quiet: seconds of the same run without faults; None if that was not measured.
        aborted: why it did not run to its end; empty if it did.
        left_behind: processes of the stage that outlived it, each with its command line.
    """

    name: str
    faults: Counter[str]
    drivers: int
    seconds: float
    ledger: Ledger
    behavior: Counter[str]
    waits: Sequence[float] = ()
    quiet: float | None = None
    aborted: str = field(default="", kw_only=True)
    left_behind: Sequence[str] = field(default=(), kw_only=True)

    @property
    def wrong(self) -> list[str]:
        """Everything that must not be, each in words."""
        ledger = self.ledger
        left = [f"left behind: {process}" for process in self.left_behind]
        return [*ledger.lost, *ledger.doubled, *ledger.blamed, *ledger.harmed, *left]

    @property
    def sound(self) -> bool:
        """Whether it ran to its end and nothing is wrong."""
        return not (self.aborted or self.wrong or self.ledger.undone)

    def rows(self) -> dict[str, str]:
        """Its column, by row name."""
        waits = sorted(self.waits)
        ledger = self.ledger
        return {
            **{name: str(count) for name, count in sorted(self.faults.items())},
            **{f"vectors that are {behavior}": str(count) for behavior, count in sorted(self.behavior.items())},
            "faults injected": str(self.faults.total()),
            "drivers": str(self.drivers),
            "vectors planned": str(ledger.planned),
            "attempts": str(ledger.attempts),
            "lost": str(len(ledger.lost)),
            "doubled": str(len(ledger.doubled)),
            "wrongly blamed": str(len(ledger.blamed)),
            "neighbors harmed": str(len(ledger.harmed)),
            "processes left behind": str(len(self.left_behind)),
            "not finished": str(ledger.undone),
            "seconds": f"{self.seconds:.1f}" + (", aborted" if self.aborted else ""),
            "seconds of a quiet run": f"{self.quiet:.1f}" if self.quiet else "-",
            "overhead against a quiet run": f"{self.seconds / self.quiet - 1:.0%}" if self.quiet else "-",
            "seconds to notice, median": f"{waits[len(waits) // 2]:.2f}" if waits else "-",
            "seconds to notice, longest": f"{waits[-1]:.2f}" if waits else "-",
        }


def show(stages: Sequence[Stage]) -> None:
    """Print the table, and below it everything that is wrong."""
    columns = [stage.rows() for stage in stages]
    _line("", [stage.name for stage in stages])
    for row in _merged(columns):
        _line(row, [column.get(row, "-") for column in columns])
    for stage in stages:
        if stage.aborted:
            print(f"NOT FINISHED: {stage.name}: {stage.aborted}")
        for wrong in stage.wrong:
            print(f"WRONG: {stage.name}: {wrong}")


def _line(row: str, values: Iterable[str]) -> None:
    print(f"{row:32}" + "".join(f"{value:>16}" for value in values))


def _merged(columns: Sequence[dict[str, str]]) -> list[str]:
    """Return the names of all rows: kinds of faults, then kinds of vectors, then figures."""
    figures = list(Stage("", Counter(), 0, 0.0, Ledger(), Counter()).rows())
    others = sorted({row for column in columns for row in column} - {*figures}, key=lambda row: ("vectors" in row, row))
    return [*others, *figures]
