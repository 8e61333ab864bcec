"""The summary of a run in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

from rich.console import Console
from rich.table import Table
from rich.text import Text

from farm.core.errors import ExitCode
from farm.core.plain_words import counted
from farm.core.store_place import Place
from farm.report.console import verdict_style
from farm.report.digest import BoardShare, Digest, Group, digest_run
from farm.report.rerun import rerun_command
from farm.report.tally import duration
from farm.report.text import first_line
from farm.store.opening import store_option
from farm.store.records import Ended
from farm.store.view import RunView

MAX_GROUPS = 15
MAX_ROWS = 20

_STYLES = {ExitCode.GOOD: "bold green", ExitCode.TEST_FAILED: "bold red"}


def print_summary(console: Console, view: RunView, written: Sequence[Path] = (), *, store: Place | None = None) -> None:
    """Print how a run ended, its failures in groups, and where its report is.

    Args:
        console: the console to print to.
        view: the run.
        written: the report's files.
        store: the run's store, which printed commands name; None for the default one.
    """
    digest = digest_run(view)
    _print_line(console, digest.headline, _STYLES.get(digest.code, "bold yellow"))
    _print_line(console, digest.setting)
    if digest.differences:
        _print_line(console, digest.differences, "yellow")
    if digest.meaning_of_validated:
        _print_line(console, digest.meaning_of_validated, "italic")
    console.print()
    console.print(_counts(digest))
    _print_ttnn(console, digest)
    _print_groups(console, "Failures and faults, grouped by message", digest.failures)
    failed = [group.example for group in digest.failures if group.verdict.failed]
    if failed:
        command = rerun_command(view.run, [failed[0].vector_id], foreground=True)
        _print_line(console, f"Run one of them in the foreground: {command}")
    _print_groups(console, "Not run, by reason", digest.not_run)
    _print_inexact(console, digest)
    _print_measuring(console, digest)
    _print_boards(console, digest.boards)
    console.print()
    if digest.inferred:
        _print_line(
            console, f"The device config of {counted(digest.inferred, 'vector')} was inferred from what the call needs."
        )
    _print_line(console, digest.executed)
    _print_line(console, digest.identity, "bold")
    if digest.merged:
        _print_line(console, digest.merged)
    if view.run.ended is Ended.STOPPED and view.run.spec is not None:
        _print_line(console, f"Continue with: farm sweep --resume {view.run.id}{store_option(store)}")
    for path in written:
        _print_line(console, f"Report: {path}")
    _print_logs(console, view)
    if not written:
        _print_line(console, f"Write its report files with: farm report {view.run.id}{store_option(store)}", "dim")


def _print_logs(console: Console, view: RunView) -> None:
    """Print where the boards' logs are: one folder on each host."""
    logs = [(board.host, board.log.path) for board in view.run.boards if board.log is not None]
    for host, folder in sorted({(host, str(PurePath(path).parent)) for host, path in logs}):
        _print_line(console, f"Board logs: {host}:{folder}" if host else f"Board logs: {folder}", "dim")


def _print_line(console: Console, text: str, style: str = "") -> None:
    """Print one line without wrapping it: scripts search for some of them."""
    console.print(_text(text, style), soft_wrap=True)


def _text(text: str, style: str = "") -> Text:
    """Return text that is never taken for markup."""
    return Text(first_line(text), style=style)


def _counts(digest: Digest) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for verdict, count in digest.counts:
        table.add_row(_text(str(count)), _text(verdict.value, verdict_style(verdict)))
    return table


def _print_groups(console: Console, title: str, groups: Sequence[Group]) -> None:
    if not groups:
        return
    console.print()
    console.print(_text(title, "bold"))
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for group in groups[:MAX_GROUPS]:
        reason = f" ({group.reason.value})" if group.reason.value else ""
        lines = (
            _text(group.verdict.value + reason, verdict_style(group.verdict)),
            _text(group.message or "(no message)"),
            _text(f"{_operations(group)}; for example {group.example.vector_id}", "dim"),
        )
        table.add_row(_text(str(group.count)), Text("\n").join(lines))
    console.print(table)
    if len(groups) > MAX_GROUPS:
        _print_line(console, f"... and {len(groups) - MAX_GROUPS} more in the report", "dim")


def _operations(group: Group) -> str:
    shown = ", ".join(f"{name} {count}" for name, count in group.operations[:4])
    rest = len(group.operations) - 4
    return f"{shown} and {rest} more" if rest > 0 else shown


def _print_inexact(console: Console, digest: Digest) -> None:
    if not digest.inexact:
        return
    console.print()
    console.print(_text("Inexact: the trace lost an argument", "bold"))
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for lost in digest.inexact[:MAX_ROWS]:
        table.add_row(_text(str(lost.count)), _text(lost.operation), _text(lost.argument))
    console.print(table)
    if len(digest.inexact) > MAX_ROWS:
        _print_line(console, f"... and {len(digest.inexact) - MAX_ROWS} more in the report", "dim")


def _print_measuring(console: Console, digest: Digest) -> None:
    """Print what could not be measured; it fails no vector."""
    if not digest.measuring:
        return
    console.print()
    console.print(_text("Measurements", "bold"))
    for each in digest.measuring[:MAX_ROWS]:
        _print_line(console, f"{counted(each.count, 'vector')}: {each.note}")
    if len(digest.measuring) > MAX_ROWS:
        _print_line(console, f"... and {len(digest.measuring) - MAX_ROWS} more in the report", "dim")


def _print_ttnn(console: Console, digest: Digest) -> None:
    """Print which version of ttnn gave which verdicts, if there are several."""
    _print_rows(
        console, "Verdicts by version of ttnn", [(f"ttnn {each.version}", each.words()) for each in digest.by_ttnn]
    )
    _print_rows(
        console,
        "Different verdicts under different versions of ttnn",
        [(each.vector.vector_id, each.vector.operation, each.words()) for each in digest.disagreements],
    )


def _print_rows(console: Console, title: str, rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        return
    console.print()
    console.print(_text(title, "bold"))
    table = Table.grid(padding=(0, 2))
    for row in rows[:MAX_ROWS]:
        table.add_row(*map(_text, row))
    console.print(table)
    if len(rows) > MAX_ROWS:
        _print_line(console, f"... and {len(rows) - MAX_ROWS} more in the report", "dim")


def _print_boards(console: Console, shares: Sequence[BoardShare]) -> None:
    if not shares:
        return
    console.print()
    console.print(_text("Boards", "bold"))
    table = Table.grid(padding=(0, 2))
    for share in shares[:MAX_ROWS]:
        bad = _text(f"{share.bad} bad", "red" if share.bad else "dim")
        events = ", ".join(f"{event} {count}" for event, count in share.events)
        table.add_row(
            _text(share.board.id),
            _text(counted(share.attempts, "attempt")),
            bad,
            _text(f"busy {duration(share.busy)}"),
            _text(events),
        )
    console.print(table)
    if len(shares) > MAX_ROWS:
        _print_line(console, f"... and {len(shares) - MAX_ROWS} more in the report", "dim")
