"""A run as Markdown: short enough for the summary of a CI job, however large the run is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from farm.core.plain_words import counted
from farm.report.context import RunContext
from farm.report.digest import BoardShare, Group, digest_run
from farm.report.rerun import rerun_command
from farm.report.tally import duration
from farm.report.text import html_code, markdown, markdown_block, markdown_code, shortened
from farm.store.view import RunView

MAX_ROWS = 50
"""Rows of a table; further ones are only counted."""
MAX_MESSAGE = 4000
MAX_NAME = 200
"""Characters of a message and of a name."""
MAX_BYTES = 1000 * 1024
"""Bytes of the whole summary: CI services refuse more than 1024 KiB."""


class MarkdownSummary:
    """`summary.md`."""

    def file_name(self, view: RunView) -> str:  # noqa: ARG002 - the protocol's signature
        """See `ReportForm`."""
        return "summary.md"

    def parts(self, view: RunView, context: RunContext) -> Iterator[str]:
        """See `ReportForm`."""
        yield summary_md(view, context)


def summary_md(view: RunView, context: RunContext) -> str:
    """Return the Markdown text.

    Args:
        view: the run.
        context: what else the store knows; the summary says what changed since the run before.
    """
    digest = digest_run(view)
    parts = [f"## {markdown(digest.headline)}", markdown(digest.setting)]
    if digest.differences:
        parts.append(f"**{markdown(digest.differences)}**")
    if digest.meaning_of_validated:
        parts.append(f"**{markdown(digest.meaning_of_validated)}**")
    parts.append(f"{markdown_code(digest.identity)} · {markdown(digest.executed)}")
    if digest.merged:
        parts.append(markdown(digest.merged))
    if context.comparison is not None:
        parts.append(f"**What changed:** {markdown(context.comparison.sentences())}")
    parts.append(_table(("verdict", "vectors"), ((verdict.value, str(count)) for verdict, count in digest.counts)))
    parts += _section(
        "Verdicts by version of ttnn",
        ("ttnn", "vectors", "verdicts"),
        [(_name(each.version), str(each.total), markdown(each.words())) for each in digest.by_ttnn],
    )
    parts += _section(
        "Different verdicts under different versions of ttnn",
        ("vector", "operation", "verdicts"),
        [
            (_name(each.vector.vector_id), _name(each.vector.operation), markdown(each.words()))
            for each in digest.disagreements
        ],
    )
    parts += _failures(view, digest.failures)
    parts += _section(
        "Not run", ("vectors", "reason", "operations", "why"), [_not_run(group) for group in digest.not_run]
    )
    parts += _section(
        "Inexact: the trace lost an argument",
        ("operation", "argument", "vectors"),
        [(_name(lost.operation), _name(lost.argument), str(lost.count)) for lost in digest.inexact],
    )
    parts += _section(
        "Measurements that are missing or doubtful",
        ("vectors", "why"),
        [(str(each.count), markdown(each.note)) for each in digest.measuring],
    )
    if digest.inferred:
        parts.append(
            f"The device config of {counted(digest.inferred, 'vector')} was inferred from what the call needs."
        )
    parts += _section(
        "Boards",
        ("board", "ttnn", "attempts", "failed or faulty", "busy", "events"),
        [_board(share) for share in digest.boards],
    )
    parts.append(f"Command: {markdown_code(shortened(view.run.command, 1000))}")
    return cut(parts)


def cut(parts: Sequence[str], most: int = MAX_BYTES) -> str:
    """Join the parts to a text of at most `most` bytes; if some are left out, its last line says so."""
    shown: list[str] = []
    left = most - 200  # for the last line
    for part in parts:
        left -= len(part.encode(errors="replace")) + 2
        if left < 0:
            missing = counted(len(parts) - len(shown), "more part")
            shown.append(f"Cut here, since CI services take {most // 1024} KiB; report.html has {missing}.")
            break
        shown.append(part)
    return "\n\n".join(shown) + "\n"


def _failures(view: RunView, groups: Sequence[Group]) -> list[str]:
    rows = [
        (str(group.count), group.verdict.value, _operations(group), markdown_code(group.message or "(no message)"))
        for group in groups
    ]
    parts = _section("Failures and faults, grouped by message", ("vectors", "verdict", "operations", "message"), rows)
    for group in groups[:MAX_ROWS]:
        title = f"{group.verdict.value}: {group.example.operation} {group.example.vector_id}"
        body = markdown_block(shortened(group.example.message, MAX_MESSAGE))
        if group.verdict.failed:
            body += f"\n\n{markdown_code(rerun_command(view.run, [group.example.vector_id], foreground=True))}"
        parts.append(f"<details><summary>{html_code(shortened(title, MAX_NAME))}</summary>\n\n{body}\n\n</details>")
    return parts


def _not_run(group: Group) -> tuple[str, ...]:
    return str(group.count), group.reason.value, _operations(group), markdown_code(group.message or "(no message)")


def _board(share: BoardShare) -> tuple[str, ...]:
    events = ", ".join(f"{event} {count}" for event, count in share.events)
    version = share.board.ttnn_version or "unknown"
    counts = (str(share.attempts), str(share.bad), duration(share.busy))
    return (_name(share.board.id), _name(version), *counts, markdown(events))


def _operations(group: Group) -> str:
    shown = ", ".join(f"{_name(name)} ({count})" for name, count in group.operations[:5])
    rest = len(group.operations) - 5
    return f"{shown} and {rest} more" if rest > 0 else shown


def _name(text: str) -> str:
    return markdown_code(shortened(text, MAX_NAME))


def _section(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a titled table, or nothing if there are no rows."""
    if not rows:
        return []
    parts = [f"### {title}", _table(head, rows[:MAX_ROWS])]
    if len(rows) > MAX_ROWS:
        parts.append(f"report.json has {counted(len(rows) - MAX_ROWS, 'more row')}.")
    return parts


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
