"""Progress on a terminal: a lane per board, one bar for all, failures as they come."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from farm.core.attempt import Attempt, Conclusion
from farm.core.progress import Lane
from farm.core.verdicts import Verdict
from farm.report.tally import BoardLane, Tally, duration
from farm.report.terminal import verdict_style
from farm.report.text import first_line

# Lines of the terminal that aren't lanes: the bar, the counts, room for the prompt.
NOT_LANES = 5

_LANE_STYLES = {
    Lane.RUNNING: "green",
    Lane.RESTARTING: "yellow",
    Lane.RETIRED: "red",
    Lane.LOST: "red",
    Lane.LEFT: "dim",
}


class LiveProgress:
    """A display that is redrawn a few times a second while the run goes on, and gone when it ends."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._tally = Tally(clock)
        self._live = Live(console=console, get_renderable=self.picture, refresh_per_second=4, transient=True)

    def planned(self, vectors: int) -> None:
        """See `Progress`."""
        self._tally.planned += vectors

    def lane(self, board: str, state: Lane, doing: str = "") -> None:
        """See `Progress`."""
        self._tally.lane(board, state, doing)

    def attempt(self, attempt: Attempt, operation: str) -> None:  # noqa: ARG002 - see `Progress`
        """See `Progress`."""
        self._tally.attempt(attempt)

    def concluded(self, conclusion: Conclusion, operation: str) -> None:
        """See `Progress`."""
        line = self._tally.conclude(conclusion, operation)
        if line is not None:
            self._console.print(Text(line, style=verdict_style(conclusion.verdict)))

    def note(self, text: str) -> None:
        """See `Progress`."""
        self._console.print(Text(first_line(text), style="yellow"))

    def __enter__(self) -> LiveProgress:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def picture(self) -> RenderableType:
        """What the terminal shows now."""
        return Group(self._lanes(), self._bar(), self._counts())

    def _lanes(self) -> RenderableType:
        room = max(self._console.height - NOT_LANES, 1)
        boards = list(self._tally.boards.items())  # a copy: this runs beside the driver
        table = Table.grid(padding=(0, 2))
        for board, lane in boards[:room]:
            table.add_row(Text(first_line(board)), *self._lane(lane))
        if len(boards) > room:
            table.add_row(Text(f"and {len(boards) - room} more boards", style="dim"))
        return table

    def _lane(self, lane: BoardLane) -> tuple[Text, Text, Text]:
        ended = Text(f"{lane.attempts} tried", style="" if lane.attempts else "dim")
        if lane.bad:
            ended.append(f", {lane.bad} bad", style="red")
        return (
            Text(lane.state.value, style=_LANE_STYLES.get(lane.state, "dim")),
            ended,
            Text(first_line(lane.doing), style="dim", overflow="ellipsis", no_wrap=True),
        )

    def _bar(self) -> RenderableType:
        left = self._tally.seconds_left
        table = Table.grid(padding=(0, 1))
        rest = f"about {duration(left)} left" if left else ""
        table.add_row(
            ProgressBar(total=max(self._tally.planned, 1), completed=self._tally.done, width=40),
            Text(f"{self._tally.done}/{self._tally.planned}"),
            Text(rest, style="dim"),
        )
        return table

    def _counts(self) -> Text:
        verdicts = self._tally.verdicts
        parts = [Text(f"{verdicts[v]} {v.value}", style=verdict_style(v)) for v in Verdict if verdicts[v]]
        return Text(", ").join(parts)
