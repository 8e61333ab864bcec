"""Plots of a run as SVG. The page's style gives them their colours, by category."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from farm.core.plain_words import counted
from farm.core.verdicts import Category, Verdict
from farm.report.digest import count_categories, unusual_event
from farm.report.tally import duration
from farm.report.text import first_line, shortened
from farm.store.past import RunTally
from farm.store.view import AttemptView, RunView

PCC_BINS = ("below 0.9", "0.9", "0.95", "0.98", "0.99", "0.995", "0.998", "0.999", "0.9995", "0.9999", "1")
"""The lower bounds of the bins of a PCC distribution; the last one is 1, rounded to five digits."""
_EDGES = (0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999, 0.999995)
WIDTH = 760
LANE_HEIGHT = 26
MAX_OPERATIONS = 15
MAX_BOARDS = 64
LOW_PCC_BINS = 4
"""The first bins, which are drawn as failures."""
_BAD = (Category.FAILED, Category.FAULT)


def pcc_bin(number: float) -> int:
    """Return the index of the bin in `PCC_BINS` that a PCC belongs to."""
    return sum(number >= edge for edge in _EDGES)


def pcc_plot(numbers: Sequence[float]) -> str:
    """Draw the distribution of PCCs as bars, the best at the right. Empty without numbers."""
    if not numbers:
        return ""
    counts = [0] * len(PCC_BINS)
    for number in numbers:
        counts[pcc_bin(number)] += 1
    step, height = WIDTH / len(PCC_BINS), 150
    parts = []
    for index, count in enumerate(counts):
        tall = (height - 20) * count / max(counts)
        category = Category.FAILED if index < LOW_PCC_BINS else Category.GOOD
        label = f"{count} with PCC {'' if index == 0 else 'from '}{PCC_BINS[index]}"
        parts.append(
            _rect(index * step + 6, height - tall, step - 12, max(tall, 1 if count else 0), category.value, label)
        )
        if count:
            parts.append(_text(index * step + step / 2, height - tall - 4, str(count), "middle"))
        parts.append(_text(index * step + step / 2, height + 16, PCC_BINS[index], "middle"))
    return _svg(height + 24, f"Distribution of PCC over {counted(len(numbers), 'vector')}", parts)


def runs_plot(runs: Sequence[RunTally]) -> str:
    """Draw how the last runs of the same selection ended, oldest at the left. Empty for a single run."""
    if len(runs) < 2:
        return ""
    step, height = min(WIDTH / len(runs), 90.0), 150
    most = max(*(tally.counts["planned"] for tally in runs), 1)
    parts = []
    for index, tally in enumerate(runs):
        top = float(height)
        numbers = {Verdict(name): number for name, number in tally.counts.items() if name != "planned"}
        for category, count in count_categories(numbers).items():
            tall = (height - 10) * count / most
            top -= tall
            if count:
                label = f"{tally.run.id}: {count} {category.phrase}"
                parts.append(_rect(index * step + 4, top, step - 8, tall, category.value, label))
        if step >= 40 or index in (0, len(runs) - 1):
            anchor = "middle" if step >= 40 else ("start" if index == 0 else "end")
            x = index * step + (step / 2 if step >= 40 else (0 if index == 0 else step))
            parts.append(_text(x, height + 16, f"{tally.run.started:%m-%d %H:%M}", anchor))
    return _svg(height + 24, f"Verdicts of the last {len(runs)} runs of this selection", parts, step * len(runs))


def seconds_plot(view: RunView) -> str:
    """Draw the seconds of each operation, longest first. Empty if nothing was executed."""
    totals: dict[str, float] = defaultdict(float)
    for vector in view.vectors:
        totals[vector.operation] += vector.seconds
    longest = sorted(((seconds, name) for name, seconds in totals.items() if seconds > 0), reverse=True)[
        :MAX_OPERATIONS
    ]
    if not longest:
        return ""
    parts = []
    for index, (seconds, name) in enumerate(longest):
        wide = (WIDTH - 390) * seconds / longest[0][0]
        y = index * 22.0
        parts.append(_text(300, y + 14, shortened(first_line(name), 42), "end"))
        parts.append(_rect(308, y + 3, max(wide, 1), 15, "neutral", f"{first_line(name)}: {_short(seconds)}"))
        parts.append(_text(314 + max(wide, 1), y + 14, _short(seconds)))
    return _svg(len(longest) * 22 + 4, "Time by operation, all attempts together", parts)


def timeline_plot(view: RunView) -> str:
    """Draw what ran on each board over time; equal neighbours are one bar. Empty if nothing was tried."""
    lanes: dict[str, list[tuple[AttemptView, str]]] = defaultdict(list)
    for vector in view.vectors:
        for attempt in vector.history:
            if attempt.started.timestamp() > 0:
                lanes[attempt.board].append((attempt, vector.operation))
    boards = [board for board in view.run.boards if lanes.get(board.id)][:MAX_BOARDS]
    if not boards:
        return ""
    attempts = [attempt for board in boards for attempt, _ in lanes[board.id]]
    first = min(attempt.started.timestamp() for attempt in attempts)
    last = max(attempt.started.timestamp() + attempt.seconds for attempt in attempts)
    scale = (WIDTH - 170) / max(last - first, 1e-6)
    parts = []
    for index, board in enumerate(boards):
        y = index * LANE_HEIGHT + 4.0
        parts.append(_text(160, y + 14, shortened(first_line(board.id), 22), "end"))
        parts += _lane(sorted(lanes[board.id], key=lambda pair: pair[0].started), first, scale, y)
        for event in board.events:
            moment = event.at.timestamp()
            word = unusual_event(event)
            if word and first <= moment <= last:
                x = 170 + (moment - first) * scale
                title = f"{word} {shortened(first_line(event.message), 120)}"
                parts.append(
                    f'<path class="event" d="M{x:.1f} {y - 3:.1f}l4 -6h-8z" transform="translate(0 6)">'
                    f"<title>{escape(title)}</title></path>"
                )
    below = len(boards) * LANE_HEIGHT + 18.0
    parts += [_text(170, below, "0 s"), _text(WIDTH, below, duration(last - first), "end")]
    return _svg(below + 6, "What ran on each board, over time", parts)


def _short(seconds: float) -> str:
    return duration(seconds) if seconds >= 1 else f"{1000 * seconds:.0f} ms"


def _lane(attempts: list[tuple[AttemptView, str]], first: float, scale: float, y: float) -> list[str]:
    """Draw one board: attempts of one operation and category, less than a pixel apart, are one bar."""
    bars: list[tuple[float, float, Category, str, int]] = []
    for attempt, operation in attempts:
        left = 170 + (attempt.started.timestamp() - first) * scale
        right = left + attempt.seconds * scale
        category = attempt.verdict.category
        if bars and bars[-1][2:4] == (category, operation) and left - bars[-1][1] < 1:
            bars[-1] = (bars[-1][0], max(right, bars[-1][1]), category, operation, bars[-1][4] + 1)
        else:
            bars.append((left, right, category, operation, 1))
    # failures and faults are drawn last, so that even short ones can be seen
    bars.sort(key=lambda bar: bar[2] in _BAD)
    return [
        _rect(
            left, y, max(right - left, 1.2 if category in _BAD else 0.7), 18, category.value, _label(operation, count)
        )
        for left, right, category, operation, count in bars
    ]


def _label(operation: str, count: int) -> str:
    return f"{first_line(operation)}, {counted(count, 'attempt')}"


def _rect(x: float, y: float, wide: float, tall: float, css_class: str, title: str) -> str:  # noqa: PLR0917 - the attributes of SVG
    box = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}"'
    return f'<rect class="{css_class}" {box}><title>{escape(first_line(title))}</title></rect>'


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(first_line(text))}</text>'


def _svg(height: float, title: str, parts: Sequence[str], width: float = WIDTH) -> str:
    wide = math.ceil(width)
    label = quoteattr(first_line(title))
    size = f'width="{wide}" viewBox="0 0 {wide} {math.ceil(height)}"'
    return f'<svg {size} role="img" aria-label={label}>{"".join(parts)}</svg>'
