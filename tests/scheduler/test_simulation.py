"""The scheduler measured on a simulated clock, and the rules a simulation itself must keep."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import SetupCosts, Task
from scheduler.costs import Size, scaled, typical
from scheduler.placing import SameSetup, never_same
from scheduler.simulation import Faults, Job, Simulated, lower_bound, simulate

BOARDS = [(f"n300:{number}", "n300") for number in range(16)]


def everywhere(kind: object, key: object) -> bool:
    return True


def heavy_tailed(count: int, *, estimated: bool, keys: int = 4) -> list[Job]:
    rng = random.Random(7)
    jobs = []
    for number in range(count):
        group = int(rng.paretovariate(1.0)) % 20
        seconds = min(rng.lognormvariate(-1.0, 1.0) * (1 + group / 10), 4.0)
        key = min(int(rng.paretovariate(1.0)), keys)
        cost = seconds if estimated else 0.02
        jobs.append(Job(Task(f"w{number}", key, f"op{group}", cost, guess=not estimated), seconds))
    return jobs


def test_known_durations_end_close_to_the_lower_bound() -> None:
    result = simulate(BOARDS, heavy_tailed(40 * 16, estimated=True), everywhere, setup_costs=SetupCosts(switch=1.0))
    assert result.over_lower_bound < 1.06
    assert result.busy_share > 0.9


def test_unknown_durations_are_learned() -> None:
    result = simulate(BOARDS, heavy_tailed(40 * 16, estimated=False), everywhere, setup_costs=SetupCosts(switch=1.0))
    assert result.over_lower_bound < 1.35


def test_no_board_changes_its_key_where_waiting_is_cheaper() -> None:
    jobs = [Job(Task(f"{key}{n}", key, "op", 0.1), 0.1) for key, count in (("a", 100), ("b", 80)) for n in range(count)]
    result = simulate(BOARDS[:2], jobs, everywhere, setup_costs=SetupCosts(switch=60.0))
    assert result.switches == 2
    assert result.share == {"n300:0": 100, "n300:1": 80}


def test_a_key_of_one_long_task_is_not_left_to_the_end() -> None:
    jobs = [Job(Task(f"w{n}", "many", "op", 0.5), 0.5) for n in range(8 * 40)]
    jobs.append(Job(Task("long", "rare", "op", 15.0), 15.0))
    result = simulate(BOARDS[:8], jobs, everywhere, setup_costs=SetupCosts(switch=1.0))
    assert result.over_lower_bound < 1.1


def test_groups_stay_together_while_it_pays() -> None:
    jobs = [Job(Task(f"{op}{n}", "key", f"op{op}", 0.05), 0.05) for op in range(8) for n in range(100)]
    result = simulate(BOARDS[:4], jobs, everywhere, setup_costs=SetupCosts(first=1.0))
    first_calls = round(result.setting_up)
    assert first_calls <= 8 + 3 * 4  # each group on one board, but for the last ones


def test_faults_cost_attempts_and_no_work() -> None:
    result = simulate(BOARDS, heavy_tailed(400, estimated=True), everywhere, faults=Faults(rate=0.2, seed=3))
    assert result.tasks == 400
    assert 440 < result.attempts < 560
    assert sum(result.share.values()) == result.attempts


def test_work_that_no_board_fits_is_counted() -> None:
    jobs = [Job(Task("small", 1), 1.0), Job(Task("large", 8), 1.0)]
    result = simulate([("a", 1)], jobs, lambda kind, key: kind == key)
    assert (result.unsatisfiable, result.makespan) == (1, 1.0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.001, 50), st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=60),
    st.lists(st.integers(1, 3), min_size=1, max_size=6),
    st.sampled_from([0.0, 0.5, 20.0]),
    st.booleans(),
    st.sampled_from([never_same, lambda kind, one, other: kind > 1 and one % kind == other % kind]),
)
def test_every_job_runs_once_and_no_schedule_beats_the_bound(
    drawn_jobs: list[tuple[float, int, int]], kinds: list[int], switch: float, estimated: bool, same: SameSetup
) -> None:
    def fits(kind: object, key: object) -> bool:
        return isinstance(kind, int) and isinstance(key, int) and kind >= key

    jobs = [
        Job(Task(f"w{n}", key, f"g{group}", seconds if estimated else 0.02, guess=not estimated), seconds)
        for n, (seconds, key, group) in enumerate(drawn_jobs)
    ]
    possible = sum(key <= max(kinds) for _, key, _ in drawn_jobs)
    result: Simulated = simulate(
        [(f"b{n}", kind) for n, kind in enumerate(kinds)],
        jobs,
        fits,
        same_setup=same,
        setup_costs=SetupCosts(switch, 0.1),
    )
    assert result.attempts == possible
    assert result.unsatisfiable == len(drawn_jobs) - possible
    assert result.makespan >= result.lower_bound - 1e-6


def test_a_board_that_is_set_up_for_both_keys_changes_between_them_without_cost() -> None:
    jobs = [Job(Task(f"w{n}", "narrow" if n % 2 else "wide", "g", 1.0), 1.0) for n in range(20)]

    def same(kind: object, one: object, other: object) -> bool:
        return kind == "large" and {one, other} == {"narrow", "wide"}

    costs = SetupCosts(switch=5.0, first=1.0)
    alone = simulate([("a", "large")], list(jobs), everywhere, same_setup=same, setup_costs=costs)
    assert (alone.switches, alone.makespan) == (1, 26.0)
    assert alone.lower_bound == pytest.approx(26.0)
    assert simulate([("b", "small")], list(jobs), everywhere, same_setup=same, setup_costs=costs).switches == 2
    both = simulate([("a", "large"), ("b", "small")], list(jobs), everywhere, same_setup=same, setup_costs=costs)
    assert both.switches == 2, "the board that changes without cost takes the rest"


def test_lower_bound_counts_only_the_boards_that_fit() -> None:
    jobs = [Job(Task(f"w{n}", "wide"), 1.0) for n in range(10)]
    boards = [("a", "large"), ("b", "small"), ("c", "small")]
    assert lower_bound(boards, jobs, lambda kind, _: kind == "large", SetupCosts()) == pytest.approx(10.0)
    assert lower_bound(boards, jobs, everywhere, SetupCosts(switch=2.0)) == pytest.approx(16 / 3)


def test_estimates_are_medians_or_scaled_by_size() -> None:
    assert typical([0.1, 0.1, 9.0]) == 0.1
    past = [(1.0, Size(bytes=1e6))]
    assert scaled(past, Size(bytes=1e6)) == pytest.approx(1.0)
    assert 1.0 < scaled(past, Size(bytes=5e6)) < 3.0
