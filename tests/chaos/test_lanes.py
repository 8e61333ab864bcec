"""Lanes of stages, and when there were enough."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.chaos.lanes import Goal, run_lanes
from tests.chaos.ledger import Ledger
from tests.chaos.table import Stage


def _stage(name: str, faults: int = 10, vectors: int = 100, *, lost: tuple[str, ...] = ()) -> Stage:
    return Stage(name, Counter({f"a fault of {name}": faults}), 1, 5.0, Ledger(vectors, vectors, [*lost]), Counter())


def test_lanes_go_on_until_there_were_enough_faults_and_vectors() -> None:
    goal = Goal(35, 350, 1e6)
    run_lanes(goal, [lambda: _stage("one host")], [lambda: [_stage("hostile")], list])
    assert [(each.name, each.faults.total()) for each in goal.columns()] == [("hostile", 10), ("one host", 30)]
    assert (goal.missing(), goal.is_sound()) == ("", True)


def test_each_lane_runs_its_campaign_at_least_once() -> None:
    goal = Goal(0, 0, 0.0)
    run_lanes(goal, [lambda: _stage("a"), lambda: _stage("b")], [lambda: [_stage("once")]])
    assert {each.name for each in goal.columns()} == {"a", "b", "once"}


def test_no_run_begins_after_the_time_is_up() -> None:
    now = iter([0.0, 0.0, *(float(seconds) for seconds in range(100))])
    goal = Goal(1000, 0, 5.0, clock=lambda: next(now))
    run_lanes(goal, [lambda: _stage("one host")], [])
    assert goal.missing().endswith(" of 1000 faults")
    assert goal.columns()[0].faults.total() < 100


def test_one_unsound_stage_makes_all_unsound() -> None:
    goal = Goal(20, 0, 1e6)
    goal.add(_stage("three hosts", lost=("v1 is gone",)))
    run_lanes(goal, [lambda: _stage("one host")], [])
    assert not goal.is_sound()


def test_a_lane_that_breaks_off_is_missed(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> Stage:
        raise ValueError("no log")

    goal = Goal(0, 0, 1e6)
    run_lanes(goal, [broken], [])
    assert goal.missing() == "a lane broke off: ValueError('no log')"
    assert "Traceback" in capsys.readouterr().err
