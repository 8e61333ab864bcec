"""A run's end, in the terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path, PurePath

from rich.console import Console
from rich.table import Table
from rich.text import Text

from farm.core.errors import ExitCode
from farm.core.verdicts import Verdict
from farm.report.digest import NO_NUMBERS, BoardShare, Digest, Group, digest
from farm.report.rerun import rerun_command
from farm.report.tally import duration
from farm.report.text import first_line
from farm.store.view import RunView

MOST_GROUPS = 15
MOST_ROWS = 20

_STYLES = {ExitCode.GOOD: "bold green", ExitCode.TEST_FAILED: "bold red"}


def verdict_style(verdict: Verdict) -> str:
    """The colour a verdict has in the terminal."""
    if verdict.failed:
        return "red"
    if verdict.fault:
        return "magenta"
    return "yellow" if verdict is Verdict.NOT_RUN else "green"


def print_summary(console: Console, view: RunView, written: Sequence[Path] = ()) -> None:
    """Prints how a run ended, what its failures have in common, and where its report is.

    Args:
        console: where to.
        view: the run.
        written: the report's files.
    """
    told = digest(view)
    _print_line(console, told.headline, _STYLES.get(told.code, "bold yellow"))
    _print_line(console, told.setting)
    if told.unlike:
        _print_line(console, told.unlike, "yellow")
    if told.validated:
        _print_line(console, NO_NUMBERS, "italic")
    console.print()
    console.print(_counts(told))
    _print_groups(console, "Failures and faults, by what they have in common", told.failures)
    failed = [group.example for group in told.failures if group.verdict.failed]
    if failed:
        command = rerun_command(view.run, [failed[0].vector_id], foreground=True)
        _print_line(console, f"One of them, in the foreground: {command}")
    _print_groups(console, "Not run, by reason", told.not_run)
    _print_inexact(console, told)
    _print_boards(console, told.boards)
    console.print()
    if told.inferred:
        _print_line(console, f"The device config of {told.inferred} vectors was inferred from what they need.")
    _print_line(console, told.executed)
    _print_line(console, told.identity, "bold")
    for path in written:
        _print_line(console, f"Report: {path}")
    _print_logs(console, view)
    if not written:
        _print_line(console, f"For its files: farm report {view.run.id} --out DIR", "dim")


def _print_logs(console: Console, view: RunView) -> None:
    """Prints where the boards' logs are: one folder on each host."""
    logs = [(board.host, board.log.path) for board in view.run.boards if board.log is not None]
    for host, folder in sorted({(host, str(PurePath(path).parent)) for host, path in logs}):
        _print_line(console, f"Board logs: {host}:{folder}" if host else f"Board logs: {folder}", "dim")


def stdout_console() -> Console:
    """The console to print on; what the terminal's encoding lacks is printed as an escape."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    return Console()


def _print_line(console: Console, text: str, style: str = "") -> None:
    """Prints one line, however long: scripts look for some of them."""
    console.print(_text(text, style), soft_wrap=True)


def _text(text: str, style: str = "") -> Text:
    """Text that is never markup, whoever wrote it."""
    return Text(first_line(text), style=style)


def _counts(told: Digest) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for verdict, count in told.counts:
        table.add_row(_text(str(count)), _text(verdict.value, verdict_style(verdict)))
    return table


def _print_groups(console: Console, title: str, groups: Sequence[Group]) -> None:
    if not groups:
        return
    console.print()
    console.print(_text(title, "bold"))
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for group in groups[:MOST_GROUPS]:
        reason = f" ({group.reason.value})" if group.reason.value else ""
        lines = (
            _text(group.verdict.value + reason, verdict_style(group.verdict)),
            _text(group.said or "(no message)"),
            _text(f"{_operations(group)}; for example {group.example.vector_id}", "dim"),
        )
        table.add_row(_text(str(group.count)), Text("\n").join(lines))
    console.print(table)
    if len(groups) > MOST_GROUPS:
        _print_line(console, f"... and {len(groups) - MOST_GROUPS} more in the report", "dim")


def _operations(group: Group) -> str:
    shown = ", ".join(f"{name} {count}" for name, count in group.operations[:4])
    rest = len(group.operations) - 4
    return f"{shown} and {rest} more" if rest > 0 else shown


def _print_inexact(console: Console, told: Digest) -> None:
    if not told.inexact:
        return
    console.print()
    console.print(_text("Inexact: the trace lost an argument", "bold"))
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for lost in told.inexact[:MOST_ROWS]:
        table.add_row(_text(str(lost.count)), _text(lost.operation), _text(lost.argument))
    console.print(table)
    if len(told.inexact) > MOST_ROWS:
        _print_line(console, f"... and {len(told.inexact) - MOST_ROWS} more in the report", "dim")


def _print_boards(console: Console, shares: Sequence[BoardShare]) -> None:
    if not shares:
        return
    console.print()
    console.print(_text("Boards", "bold"))
    table = Table.grid(padding=(0, 2))
    for share in shares[:MOST_ROWS]:
        bad = _text(f"{share.bad} bad", "red" if share.bad else "dim")
        happened = ", ".join(f"{kind} {count}" for kind, count in share.events)
        table.add_row(
            _text(share.board.id),
            _text(f"{share.attempts} attempts"),
            bad,
            _text(f"busy {duration(share.busy)}"),
            _text(happened),
        )
    console.print(table)
    if len(shares) > MOST_ROWS:
        _print_line(console, f"... and {len(shares) - MOST_ROWS} more in the report", "dim")
