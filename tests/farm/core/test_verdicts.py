"""Verdicts and their traits."""

from __future__ import annotations

import pickle

import pytest

from farm.core.verdicts import Verdict


def test_every_verdict_is_in_one_category() -> None:
    for verdict in Verdict:
        flags = [verdict.good, verdict.failed, verdict.fault, verdict is Verdict.NOT_RUN]
        assert flags.count(True) == 1
        assert verdict.executed is (verdict.good or verdict.failed)


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_is_its_text(verdict: Verdict) -> None:
    assert Verdict(verdict.value) is verdict
    assert pickle.loads(pickle.dumps(verdict)) is verdict  # noqa: S301 - the test's own data
    assert verdict.traits.meaning


def test_only_failures_can_be_expected() -> None:
    assert all(verdict.failed for verdict in Verdict if verdict.traits.expectable)
