"""How configurations fare on kinds, by their verdicts and by what the kinds lack."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from farm.core.refusal_texts import Need
from farm.core.verdicts import Reason, Verdict
from farm.fitting import fits
from farm.fitting.fits import Fit, Judged, judge
from farm.planning.shortfalls import FewBanks, FewCores, NoMesh, OtherArch, Shortfall
from farm.report.observation import Observation

FAIL, L1 = Verdict.FAIL_ASSERT_EXCEPTION, Verdict.FAIL_L1_OUT_OF_MEM
BEYOND = "grow to 1613504 B which is beyond max L1 size of 1572864 B"
DRAM = "Not enough space to allocate 9 B DRAM buffer across 12 banks, where each bank needs to store 9 B, but bank size is 8 B"  # noqa: E501 - a message


@pytest.mark.parametrize(
    ("ended", "fit", "missing"),
    [
        (Observation(Verdict.VALIDATED), Fit.ACCEPTED, None),
        (Observation(FAIL, Reason.OUTPUT_MISMATCH, "another dtype"), Fit.ACCEPTED, None),
        (Observation(Verdict.VALIDATED, Reason.RAISED_AS_TRACED, "TT_FATAL"), Fit.ACCEPTED, None),
        (Observation(L1, Reason.OUT_OF_MEMORY, BEYOND), Fit.L1, 40640),
        (Observation(L1, Reason.OUT_OF_MEMORY, "not enough L1 space"), Fit.L1, None),
        (Observation(FAIL, Reason.OUT_OF_MEMORY, DRAM), Fit.DRAM, 1),
        (Observation(FAIL, Reason.EXCEPTION, "exceeds maximum device compute grid size"), Fit.GRID, None),
        (Observation(FAIL, Reason.EXCEPTION, "has no DRAM bank on this device"), Fit.BANKS, None),
        (Observation(FAIL, Reason.EXCEPTION, "only supported on Blackhole"), Fit.ARCHITECTURE, None),
        (Observation(FAIL, Reason.EXCEPTION, "TT_FATAL: rank"), Fit.REFUSED, None),
        (Observation(Verdict.FAIL_CRASH_HANG, Reason.CRASH, "killed by SIGSEGV"), Fit.REFUSED, None),
        (Observation(Verdict.FAIL_CRASH_HANG, Reason.HANG, "took 30 s"), Fit.NOT_JUDGED, None),
        (Observation(Verdict.NOT_RUN, Reason.LOST_ARGUMENT, BEYOND), Fit.NOT_JUDGED, None),
        (Observation(Verdict.BOARD_FAULT, Reason.OPEN_FAILED, "no"), Fit.NOT_JUDGED, None),
    ],
)
def test_a_verdict_says_how_a_configuration_fares(ended: Observation, fit: Fit, missing: int | None) -> None:
    judged = judge(ended)
    assert (judged.fit, judged.missing_bytes) == (fit, missing)


@pytest.mark.parametrize(
    ("shortfall", "judged"),
    [
        (NoMesh(((1, 2),)), Judged(Fit.MESH, "opens no 1 x 2 mesh of chips")),
        (FewCores((8, 9), ((8, 8),)), Judged(Fit.GRID, "has 8 x 8 compute cores on a chip, not 8 x 9")),
        (FewBanks(12, 8), Judged(Fit.BANKS, "has 8 DRAM banks on a chip, not 12")),
        (
            OtherArch(("blackhole",)),
            Judged(Fit.ARCHITECTURE, "is not of Blackhole, whose DRAM banks its shards need"),
        ),
    ],
)
def test_what_a_kind_lacks_comes_before_the_verdict(shortfall: Shortfall, judged: Judged) -> None:
    assert judge(Observation(Verdict.NOT_RUN, Reason.UNSATISFIABLE, "n150 opens no"), shortfall) == judged


def test_the_page_of_the_docs_has_every_fit_in_its_words() -> None:
    text = (Path(__file__).parents[3] / "docs" / "fit.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)[2:]
    assert sorted(rows) == sorted(fit.words for fit in Fit)


def test_every_need_has_a_fit() -> None:
    assert set(fits._NEEDS) == set(Need)


def test_every_shortfall_has_a_fit() -> None:
    assert set(fits._SHORTFALLS) == set(get_args(Shortfall))
