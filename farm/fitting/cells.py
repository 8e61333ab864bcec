"""What a cell of a matrix of models, or operations, and kinds shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from farm.core.verdicts import Category
from farm.fitting.fits import Fit
from farm.fitting.report import Group, judged, misfits


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        text: what it shows.
        words: its counts in words.
        tone: the category whose colour it has.
    """

    text: str
    words: str
    tone: Category


def cell(counts: Mapping[Fit, int]) -> Cell:
    """The cell of these counts: `fits`, or how many do not fit.

    >>> cell({**dict.fromkeys(Fit, 0), Fit.ACCEPTED: 38, Fit.L1: 2}).text
    '2 of 40'
    """
    words = ", ".join(f"{counts[fit]} {fit.words}" for fit in Fit if counts[fit])
    bad, total = misfits(counts), judged(counts)
    if not total:
        return Cell("–", words, Category.NOT_RUN)
    if not bad:
        return Cell("fits", words, Category.GOOD)
    worst = next(fit for fit in Fit if fit.misfit and counts[fit])
    return Cell(f"{bad} of {total}", words, worst.tone)


def missing_words(group: Group) -> str:
    """By how much the configurations of a group don't fit, such as `by 640 to 40,640 B on a core`; may be empty."""
    missing = group.missing
    if missing is None:
        return ""
    least, most = (f"{size:,}" for size in missing)
    where = "of a bank of DRAM" if group.fit is Fit.DRAM else "on a core"
    return f"by {least} B {where}" if least == most else f"by {least} to {most} B {where}"
