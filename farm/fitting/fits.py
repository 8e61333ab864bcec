"""Whether a configuration fits a kind of board, and what keeps it from that: one word of a closed list. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from farm.core.refusal_texts import Need, missing_bytes, need_in
from farm.core.verdicts import Category, Reason, Verdict
from farm.planning.shortfalls import FewBanks, FewCores, NoMesh, OtherArch, Shortfall
from farm.report.observation import LONGEST_DETAIL, Observation
from farm.report.report_word import ReportWord
from farm.report.signature import on_one_line


class Fit(ReportWord):
    """How a configuration fares on a kind of board."""

    L1 = ("l1", "doesn't fit L1", "It needs more L1 on a core than there is.", Category.FAILED)
    DRAM = ("dram", "doesn't fit DRAM", "It needs more of a bank of DRAM than there is.", Category.FAILED)
    GRID = (
        "grid",
        "needs another grid",
        "It needs compute cores that no way to open the kind leaves on a chip.",
        Category.FAULT,
    )
    MESH = ("mesh", "needs another mesh", "It runs on a mesh of chips that the kind doesn't open.", Category.FAULT)
    BANKS = (
        "banks",
        "needs more DRAM banks",
        "Its shards name banks of DRAM that a chip of the kind lacks.",
        Category.FAULT,
    )
    ARCHITECTURE = (
        "architecture",
        "needs another architecture",
        "It needs chips of another architecture than the kind's.",
        Category.FAULT,
    )
    REFUSED = (
        "refused",
        "refused",
        "ttnn refuses the call, or crashes on it, and names nothing of the board.",
        Category.FAILED,
    )
    NOT_JUDGED = (
        "not_judged",
        "not judged",
        "The call could not be made as traced, a mock board can't do it, or a fault kept it from a verdict.",
        Category.NOT_RUN,
    )
    ACCEPTED = ("accepted", "accepted", "ttnn's host stack took the call and laid it out.", Category.GOOD)

    @property
    def misfit(self) -> bool:
        """Whether the configuration does not fit."""
        return self not in (Fit.ACCEPTED, Fit.NOT_JUDGED)


_SHORTFALLS: Mapping[type[Shortfall], Fit] = {
    NoMesh: Fit.MESH,
    FewCores: Fit.GRID,
    FewBanks: Fit.BANKS,
    OtherArch: Fit.ARCHITECTURE,
}
_NEEDS: Mapping[Need, Fit] = {
    Need.GRID: Fit.GRID,
    Need.BANKS: Fit.BANKS,
    Need.ARCHITECTURE: Fit.ARCHITECTURE,
}
_CUT_OFF = (Reason.HANG, Reason.KILLED)
"""Reasons of attempts that were ended from outside, which says nothing of the board."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How one configuration fares on a kind.

    Attributes:
        fit: the word for it.
        detail: why, on one line; may be empty.
        missing_bytes: how many bytes it lacks, of L1 on a core or of a bank of DRAM; None where nobody says.
    """

    fit: Fit
    detail: str = ""
    missing_bytes: int | None = None


def judge(ended: Observation, shortfall: Shortfall | None = None) -> Judged:
    """Say how a configuration fares on a kind.

    Args:
        ended: how it ended on a board of the kind.
        shortfall: what the kind lacks for it, as the plan says; None if it lacks nothing.
    """
    if shortfall is not None:
        return Judged(_SHORTFALLS[type(shortfall)], shortfall.text(several=False))
    if ended.reason is Reason.RAISED_AS_TRACED:
        return Judged(Fit.ACCEPTED, "it raises, as it did where it was traced")
    if ended.accepted:
        return Judged(Fit.ACCEPTED)
    if not ended.refused or ended.reason in _CUT_OFF:
        return Judged(Fit.NOT_JUDGED, ended.in_words())
    detail = on_one_line(ended.message, LONGEST_DETAIL)
    if ended.reason is Reason.OUT_OF_MEMORY:
        memory = Fit.L1 if ended.verdict is Verdict.FAIL_L1_OUT_OF_MEM else Fit.DRAM
        return Judged(memory, detail, missing_bytes(ended.message))
    need = need_in(ended.message)
    return Judged(Fit.REFUSED if need is None else _NEEDS[need], detail or ended.in_words())
