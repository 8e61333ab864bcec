"""Progress on a terminal: a row per board, one bar for all, failures as they occur."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from farm.core.attempt import Conclusion
from farm.core.plain_words import counted
from farm.core.verdicts import Verdict
from farm.report.console import state_style, verdict_style
from farm.report.tally import BoardTally, duration
from farm.report.text import first_line
from farm.running.tally_progress import TallyProgress

OTHER_LINES = 5
"""Lines of the terminal that aren't rows of boards: the bar, the counts, room for the prompt."""


class LiveProgress(TallyProgress):
    """A display that is redrawn a few times a second during the run, and removed when it ends. See `Progress`."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        super().__init__(clock)
        self._live = Live(console=console, get_renderable=self.picture, refresh_per_second=4, transient=True)

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
        """Render the present state of the run."""
        return Group(self._boards(), self._bar(), self._counts())

    def _boards(self) -> RenderableType:
        room = max(self._console.height - OTHER_LINES, 1)
        boards = list(self._tally.boards.items())  # a copy: drawing runs in a thread of its own
        table = Table.grid(padding=(0, 2))
        for board, tally in boards[:room]:
            table.add_row(Text(first_line(board)), *self._row(tally))
        if len(boards) > room:
            table.add_row(Text(f"and {counted(len(boards) - room, 'more board')}", style="dim"))
        return table

    def _row(self, tally: BoardTally) -> tuple[Text, Text, Text]:
        attempts = Text(f"{tally.attempts} tried", style="" if tally.attempts else "dim")
        if tally.bad:
            attempts.append(f", {tally.bad} bad", style="red")
        status = tally.status
        return (
            Text(status.state.value, style=state_style(status.state)),
            attempts,
            Text(first_line(status.activity or status.message), style="dim", overflow="ellipsis", no_wrap=True),
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
