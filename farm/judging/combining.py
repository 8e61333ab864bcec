"""One judgement of a call with several outputs, or on several chips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from farm.core.mismatch import Mismatch, Places
from farm.judging.judgement import Judgement

MOST_NAMED = 4
"""Chips or outputs that a message names; of more, it gives the number."""

_LEAST_IS_WORST = frozenset({"pcc"})


def combined(judgements: Sequence[Judgement]) -> Judgement:
    """Return one judgement of a call: that of its worst output, and how many others are wrong.

    Its metrics are the worst of all outputs and chips, and it names every row that judged one.

    Args:
        judgements: of each output on each chip; at least one.
    """
    metrics: dict[str, float] = {}
    for each in judgements:
        for name, value in each.metrics.items():
            worst = min if name in _LEAST_IS_WORST else max
            metrics[name] = worst(metrics.get(name, value), value)
    rows = ", ".join(dict.fromkeys(each.row for each in judgements))
    wrong = [(each, each.mismatch) for each in judgements if each.mismatch is not None]
    if not wrong:
        nearest = min(judgements, key=lambda each: each.metrics.get("pcc", 1.0))
        return replace(nearest, row=rows, metrics=metrics)
    worst_one, mismatch = max(wrong, key=lambda pair: pair[1].mismatched / pair[1].elements)
    outputs, chips = len({each.output for each in judgements}), len({each.chip for each in judgements})
    wrong_outputs = tuple(sorted({each.output for each, _ in wrong}))
    wrong_chips = tuple(sorted({each.chip for each, _ in wrong}))
    which = []
    if outputs > 1:
        mismatch = replace(mismatch, output=worst_one.output, wrong_outputs=wrong_outputs)
        which.append(_which("output", outputs, wrong_outputs, worst_one.output))
    if chips > 1:
        places = (*mismatch.places, _chips(wrong, chips))
        mismatch = replace(mismatch, chip=worst_one.chip, wrong_chips=wrong_chips, places=places)
        which.append("on " + _which("chip", chips, wrong_chips, worst_one.chip))
    message = f"{' '.join(which)}: {worst_one.message}" if which else worst_one.message
    return replace(worst_one, row=rows, message=message, metrics=metrics, mismatch=mismatch)


def _which(noun: str, total: int, wrong: Sequence[int], worst: int) -> str:
    """Name the wrong ones of several outputs or chips, and the worst of several wrong ones."""
    if len(wrong) == 1:
        return f"{noun} {wrong[0]}"
    if len(wrong) == total:
        names = f"all {total} {noun}s"
    elif len(wrong) <= MOST_NAMED:
        names = f"{noun}s {', '.join(map(str, wrong[:-1]))} and {wrong[-1]}"
    else:
        names = f"{len(wrong)} of {total} {noun}s"
    return f"{names} (worst: {worst})"


def _chips(wrong: Iterable[tuple[Judgement, Mismatch]], total: int) -> Places:
    shares: dict[int, float] = {}
    for each, mismatch in wrong:
        shares[each.chip] = max(shares.get(each.chip, 0.0), mismatch.mismatched / mismatch.elements)
    names = tuple((f"chip {chip}", share) for chip, share in sorted(shares.items()))
    return Places("chip", len(shares), total, names)
