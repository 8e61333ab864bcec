"""Verdicts: one table of what each is."""

from __future__ import annotations

import pickle

import pytest

from farm.core.verdicts import FAILED, FAULTS, GOOD, Category, Verdict


def test_every_verdict_is_in_one_category() -> None:
    assert frozenset(Verdict) == GOOD | FAILED | FAULTS | {Verdict.NOT_RUN}
    assert len(GOOD) + len(FAILED) + len(FAULTS) + 1 == len(Verdict)
    assert [verdict for verdict in Verdict if verdict.category is Category.NOT_RUN] == [Verdict.NOT_RUN]


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_is_its_text(verdict: Verdict) -> None:
    assert Verdict(verdict.value) is verdict
    assert pickle.loads(pickle.dumps(verdict)) is verdict  # noqa: S301 - made a moment ago
    assert verdict.traits.meaning


def test_only_failures_can_be_expected() -> None:
    assert all(verdict.failed for verdict in Verdict if verdict.traits.expectable)
