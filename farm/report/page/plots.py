"""Plots of a run, as SVG that takes its colours from the page's style."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from farm.core.verdicts import Verdict
from farm.report.digest import what_happened
from farm.report.tally import duration
from farm.report.text import first_line, shortened
from farm.store.past import RunTally
from farm.store.view import AttemptView, RunView

PCC_BINS = ("below 0.9", "0.9", "0.95", "0.98", "0.99", "0.995", "0.998", "0.999", "0.9995", "0.9999", "1")
"""The lower ends of the bars of a PCC distribution; the last is 1 to five digits."""
_EDGES = (0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999, 0.999995)
WIDTH = 760
LANE = 26
MOST_OPERATIONS = 15
MOST_LANES = 64
SHARES = (("good", "ended well"), ("failed", "failed"), ("fault", "met a fault"), ("not_run", "did not run"))


def share(verdict: Verdict) -> str:
    """Which of `SHARES` a verdict belongs to."""
    if verdict.good:
        return "good"
    if verdict.failed:
        return "failed"
    return "fault" if verdict.fault else "not_run"


def pcc_bin(number: float) -> int:
    """Which of `PCC_BINS` a PCC falls into."""
    return sum(number >= edge for edge in _EDGES)


def pcc_plot(numbers: Sequence[float]) -> str:
    """How PCCs are distributed: bars, most wanted at the right. Empty where there is none."""
    if not numbers:
        return ""
    counts = [0] * len(PCC_BINS)
    for number in numbers:
        counts[pcc_bin(number)] += 1
    step, height = WIDTH / len(PCC_BINS), 150
    parts = []
    for at, count in enumerate(counts):
        tall = (height - 20) * count / max(counts)
        kind = "failed" if at < 4 else "good"
        label = f"{count} with PCC {'' if at == 0 else 'from '}{PCC_BINS[at]}"
        parts.append(_rect(at * step + 6, height - tall, step - 12, max(tall, 1 if count else 0), kind, label))
        if count:
            parts.append(_text(at * step + step / 2, height - tall - 4, str(count), "middle"))
        parts.append(_text(at * step + step / 2, height + 16, PCC_BINS[at], "middle"))
    return _svg(height + 24, f"Distribution of PCC over {len(numbers)} vectors", parts)


def runs_plot(runs: Sequence[RunTally]) -> str:
    """How the last runs of the same selection ended, oldest at the left. Empty for a single run."""
    if len(runs) < 2:
        return ""
    step, height = min(WIDTH / len(runs), 90.0), 150
    most = max(*(tally.counts["planned"] for tally in runs), 1)
    parts = []
    for at, tally in enumerate(runs):
        top = float(height)
        for kind, words in SHARES:
            count = sum(n for name, n in tally.counts.items() if name != "planned" and share(Verdict(name)) == kind)
            tall = (height - 10) * count / most
            top -= tall
            if count:
                label = f"{tally.run.id}: {count} {words}"
                parts.append(_rect(at * step + 4, top, step - 8, tall, kind, label))
        if step >= 40 or at in (0, len(runs) - 1):
            anchor = "middle" if step >= 40 else ("start" if at == 0 else "end")
            x = at * step + (step / 2 if step >= 40 else (0 if at == 0 else step))
            parts.append(_text(x, height + 16, f"{tally.run.started:%m-%d %H:%M}", anchor))
    return _svg(height + 24, f"Verdicts of the last {len(runs)} runs of this selection", parts, step * len(runs))


def seconds_plot(view: RunView) -> str:
    """Which operations took the time: the longest first. Empty where nothing was executed."""
    took: dict[str, float] = defaultdict(float)
    for vector in view.vectors:
        took[vector.operation] += vector.seconds
    longest = sorted(((seconds, name) for name, seconds in took.items() if seconds > 0), reverse=True)[:MOST_OPERATIONS]
    if not longest:
        return ""
    parts = []
    for at, (seconds, name) in enumerate(longest):
        wide = (WIDTH - 390) * seconds / longest[0][0]
        y = at * 22.0
        parts.append(_text(300, y + 14, shortened(first_line(name), 42), "end"))
        parts.append(_rect(308, y + 3, max(wide, 1), 15, "neutral", f"{first_line(name)}: {_short(seconds)}"))
        parts.append(_text(314 + max(wide, 1), y + 14, _short(seconds)))
    return _svg(len(longest) * 22 + 4, "Seconds by operation, all tries together", parts)


def timeline_plot(view: RunView) -> str:
    """What ran on each board when; neighbours that look alike are one bar. Empty where nothing was tried."""
    lanes: dict[str, list[tuple[AttemptView, str]]] = defaultdict(list)
    for vector in view.vectors:
        for attempt in vector.history:
            if attempt.started.timestamp() > 0:
                lanes[attempt.board].append((attempt, vector.operation))
    boards = [board for board in view.run.boards if lanes.get(board.id)][:MOST_LANES]
    if not boards:
        return ""
    shown = [attempt for board in boards for attempt, _ in lanes[board.id]]
    first = min(attempt.started.timestamp() for attempt in shown)
    last = max(attempt.started.timestamp() + attempt.seconds for attempt in shown)
    scale = (WIDTH - 170) / max(last - first, 1e-6)
    parts = []
    for at, board in enumerate(boards):
        y = at * LANE + 4.0
        parts.append(_text(160, y + 14, shortened(first_line(board.id), 22), "end"))
        parts += _lane(sorted(lanes[board.id], key=lambda pair: pair[0].started), first, scale, y)
        for event in board.events:
            moment = event.at.timestamp()
            word = what_happened(event)
            if word and first <= moment <= last:
                x = 170 + (moment - first) * scale
                title = f"{word} {shortened(first_line(event.message), 120)}"
                parts.append(
                    f'<path class="event" d="M{x:.1f} {y - 3:.1f}l4 -6h-8z" transform="translate(0 6)">'
                    f"<title>{escape(title)}</title></path>"
                )
    below = len(boards) * LANE + 18.0
    parts += [_text(170, below, "0 s"), _text(WIDTH, below, duration(last - first), "end")]
    return _svg(below + 6, "What ran on each board, over time", parts)


def _short(seconds: float) -> str:
    return duration(seconds) if seconds >= 1 else f"{1000 * seconds:.0f} ms"


def _lane(tries: list[tuple[AttemptView, str]], first: float, scale: float, y: float) -> list[str]:
    """Bars of one board: tries of one operation that ended alike, less than a pixel apart, are one bar."""
    bars: list[tuple[float, float, str, str, int]] = []
    for attempt, operation in tries:
        left = 170 + (attempt.started.timestamp() - first) * scale
        right = left + attempt.seconds * scale
        kind = share(attempt.verdict)
        if bars and bars[-1][2:4] == (kind, operation) and left - bars[-1][1] < 1:
            bars[-1] = (bars[-1][0], max(right, bars[-1][1]), kind, operation, bars[-1][4] + 1)
        else:
            bars.append((left, right, kind, operation, 1))
    # what went wrong is drawn last, so that it is seen however short it was
    bars.sort(key=lambda bar: bar[2] in {"failed", "fault"})
    return [
        _rect(left, y, max(right - left, 1.2 if kind in {"failed", "fault"} else 0.7), 18, kind, _ran(operation, count))
        for left, right, kind, operation, count in bars
    ]


def _ran(operation: str, count: int) -> str:
    return f"{first_line(operation)}, {count} {'tries' if count > 1 else 'try'}"


def _rect(x: float, y: float, wide: float, tall: float, kind: str, title: str) -> str:  # noqa: PLR0917 - as SVG has them
    box = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}"'
    return f'<rect class="{kind}" {box}><title>{escape(first_line(title))}</title></rect>'


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(first_line(text))}</text>'


def _svg(height: float, title: str, parts: Sequence[str], width: float = WIDTH) -> str:
    wide = math.ceil(width)
    label = quoteattr(first_line(title))
    size = f'width="{wide}" viewBox="0 0 {wide} {math.ceil(height)}"'
    return f'<svg {size} role="img" aria-label={label}>{"".join(parts)}</svg>'
