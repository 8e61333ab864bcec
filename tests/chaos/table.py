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
        left_behind: processes of the stage that outlived it, each with its command line; None if nobody looked.
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
    left_behind: Sequence[str] | None = field(default=None, kw_only=True)

    @property
    def wrong(self) -> list[str]:
        """Everything that must not be, each in words."""
        ledger = self.ledger
        left = [f"left behind: {process}" for process in self.left_behind or ()]
        return [*ledger.lost, *ledger.doubled, *ledger.blamed, *ledger.harmed, *left]

    @property
    def sound(self) -> bool:
        """Whether it ran to its end and nothing is wrong."""
        return not (self.aborted or self.wrong or self.ledger.undone)

    def _cost(self) -> str:
        if not self.quiet or not self.faults:
            return "-"
        return f"{(self.seconds - self.quiet) / self.faults.total():.1f}"

    def rows(self) -> dict[str, str]:
        """Its column, by row name."""
        waits = sorted(self.waits)
        ledger = self.ledger
        return {
            **{name: str(count) for name, count in sorted(self.faults.items())},
            **{f"vectors that are {behavior}": str(count) for behavior, count in sorted(self.behavior.items())},
            "faults injected": str(self.faults.total()),
            "kinds of faults": str(len(self.faults)),
            "drivers": str(self.drivers),
            "vectors planned": str(ledger.planned),
            "attempts": str(ledger.attempts),
            "lost": str(len(ledger.lost)),
            "doubled": str(len(ledger.doubled)),
            "wrongly blamed": str(len(ledger.blamed)),
            "neighbors harmed": str(len(ledger.harmed)),
            "processes left behind": "-" if self.left_behind is None else str(len(self.left_behind)),
            "not finished": str(ledger.undone),
            "seconds": f"{self.seconds:.1f}" + (", aborted" if self.aborted else ""),
            "seconds of a quiet run": f"{self.quiet:.1f}" if self.quiet else "-",
            "overhead against a quiet run": f"{self.seconds / self.quiet - 1:.0%}" if self.quiet else "-",
            "seconds that a fault costs": self._cost(),
            "seconds to notice, median": f"{waits[len(waits) // 2]:.2f}" if waits else "-",
            "seconds to notice, longest": f"{waits[-1]:.2f}" if waits else "-",
        }


def total(name: str, stages: Sequence[Stage]) -> Stage:
    """Return the sum of stages. It has a quiet run only if each of them has one."""
    ledgers = [stage.ledger for stage in stages]
    left = [stage.left_behind for stage in stages if stage.left_behind is not None]
    quiet = [stage.quiet for stage in stages if stage.quiet is not None]
    return Stage(
        name,
        sum((stage.faults for stage in stages), Counter()),
        sum(stage.drivers for stage in stages),
        sum(stage.seconds for stage in stages),
        Ledger(
            sum(ledger.planned for ledger in ledgers),
            sum(ledger.attempts for ledger in ledgers),
            [each for ledger in ledgers for each in ledger.lost],
            [each for ledger in ledgers for each in ledger.doubled],
            [each for ledger in ledgers for each in ledger.blamed],
            sum(ledger.undone for ledger in ledgers),
            [each for ledger in ledgers for each in ledger.harmed],
        ),
        sum((stage.behavior for stage in stages), Counter()),
        [wait for stage in stages for wait in stage.waits],
        sum(quiet) if len(quiet) == len(stages) else None,
        aborted="; ".join(stage.aborted for stage in stages if stage.aborted),
        left_behind=[each for of_stage in left for each in of_stage] if left else None,
    )


def show(stages: Sequence[Stage]) -> None:
    """Print the table, and below it everything that is wrong."""
    shown = [*stages, total("all", stages)] if len(stages) > 1 else stages
    columns = [stage.rows() for stage in shown]
    _line("", [stage.name for stage in shown])
    for row in _merged(columns):
        _line(row, [column.get(row, "-") for column in columns])
    for stage in stages:
        if stage.aborted:
            print(f"NOT FINISHED: {stage.name}: {stage.aborted}")
        for wrong in stage.wrong:
            print(f"WRONG: {stage.name}: {wrong}")


def _line(row: str, values: Iterable[str]) -> None:
    print(f"{row:32}" + "".join(f"{value:>18}" for value in values))


def _merged(columns: Sequence[dict[str, str]]) -> list[str]:
    """Return the names of all rows: kinds of faults, then kinds of vectors, then figures."""
    figures = list(Stage("", Counter(), 0, 0.0, Ledger(), Counter()).rows())
    others = sorted({row for column in columns for row in column} - {*figures}, key=lambda row: ("vectors" in row, row))
    return [*others, *figures]
