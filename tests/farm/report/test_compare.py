from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.core.attempt import Attempt, Conclusion
from farm.core.errors import ExitCode
from farm.core.outcome import Outcome
from farm.core.verdicts import Verdict
from farm.report.compare import Change, compare, is_slower
from farm.report.context import compare_runs, read_context
from farm.store import Ended, RunBoard, RunInfo, Store
from tests.farm.cli.test_report import Farm, farm  # noqa: F401 - a fixture
from tests.farm.store_helpers import MOCK, Planned

PASS, FAIL, NOT_RUN, FLAKY = Verdict.PASS, Verdict.FAIL_ASSERT_EXCEPTION, Verdict.NOT_RUN, Verdict.FLAKY


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "farm.db"


@pytest.fixture
def store(place: Path) -> Iterator[Store]:
    with Store.open(place) as opened:
        yield opened


def record(
    store: Store,
    verdicts: dict[str, Verdict],
    *,
    seconds: float = 0.01,
    pcc: float = 0.9999,
    at: int = 0,
    suite: str = "model_traced",
) -> str:
    """A run whose vectors end so; `b...` are of another operation and model than the rest."""
    run_id = store.start_run(RunInfo("farm sweep", suite=suite, started=1_700_000_000.0 + at))
    store.board(run_id, RunBoard(MOCK))
    planned = [
        Planned(name, operation="ttnn.mul", sources=("models/b",)) if name.startswith("b") else Planned(name)
        for name in verdicts
    ]
    store.plan(run_id, planned)
    for name, verdict in verdicts.items():
        if verdict is not NOT_RUN:
            metrics = {"pcc": pcc} if verdict.good else {}
            outcome = Outcome(name, verdict, seconds=seconds, started=1_700_000_000.0, metrics=metrics)
            store.record(run_id, [Attempt(1, MOCK.id, outcome)])
        store.conclude(run_id, [Conclusion(name, verdict, message="why" if verdict.failed else "")])
    store.finish_run(run_id, Ended.COMPLETED, finished=1_700_000_010.0 + at)
    return run_id


def changes(store: Store, old: str, new: str) -> dict[str, Change]:
    return {each.vector_id: each.change for each in compare(store.view(old), store.view(new)).changes}


def test_every_kind_of_change(store: Store) -> None:
    old = record(store, {"a1": PASS, "a2": FAIL, "a3": PASS, "a4": PASS, "b1": PASS, "a5": FAIL, "a6": NOT_RUN})
    new = record(store, {"a1": FAIL, "a2": PASS, "a3": NOT_RUN, "b1": PASS, "b2": PASS, "a5": FAIL, "a6": PASS}, at=60)
    assert changes(store, old, new) == {
        "a1": Change.BROKEN,
        "a2": Change.FIXED,
        "a3": Change.NO_LONGER_EXECUTED,
        "a4": Change.GONE,
        "b2": Change.NEW,
        "a6": Change.NEWLY_EXECUTED,
    }
    comparison = compare(store.view(old), store.view(new))
    assert comparison.same == 2
    assert comparison.regressed
    assert comparison.by_operation()["ttnn.mul"] == {Change.NEW: 1}
    assert comparison.by_model() == {
        "models/b": {Change.NEW: 1},
        "models/demo": {
            Change.BROKEN: 1,
            Change.NO_LONGER_EXECUTED: 1,
            Change.FIXED: 1,
            Change.NEWLY_EXECUTED: 1,
            Change.GONE: 1,
        },
    }


def test_a_run_compared_with_itself_is_unchanged(store: Store) -> None:
    run = record(store, {"a1": PASS, "a2": FAIL})
    comparison = compare(store.view(run), store.view(run))
    assert (comparison.changes, comparison.same, comparison.regressed) == ([], 2, False)
    assert "Nothing changed" in comparison.headline()


def test_slower_vectors_and_moved_pccs(store: Store) -> None:
    old = record(store, {"a1": PASS})
    assert changes(store, old, record(store, {"a1": PASS}, seconds=0.3)) == {"a1": Change.SLOWER}
    assert changes(store, old, record(store, {"a1": PASS}, seconds=0.05)) == {}
    assert changes(store, old, record(store, {"a1": PASS}, pcc=0.99)) == {"a1": Change.PCC_LOWER}
    assert changes(store, record(store, {"a1": PASS}, pcc=0.99), old) == {"a1": Change.PCC_HIGHER}


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=12))
def test_a_time_like_an_earlier_one_is_not_slower(times: list[float]) -> None:
    assert not is_slower(times, median(times))
    assert is_slower(times, 1e6)


def test_noise_widens_what_counts_as_slower() -> None:
    assert is_slower([1.0, 1.0, 1.0, 1.0], 1.6)
    assert not is_slower([0.6, 1.0, 1.4, 1.0, 0.7, 1.3], 1.6)


def test_a_run_is_compared_with_the_last_of_the_same_selection(store: Store) -> None:
    first = record(store, {"a1": PASS})
    record(store, {"a1": FAIL}, at=60, suite="nightly")
    view = store.view(record(store, {"a1": PASS}, at=120))
    context = read_context(store, view)
    assert context.comparison is not None
    assert context.comparison.old == first
    assert [tally.counts for tally in context.runs] == [{"planned": 1, "pass": 1}] * 2


def test_noise_is_estimated_from_runs_before_the_old_one(store: Store) -> None:
    for at, seconds in enumerate([0.2, 0.9, 0.3, 0.8]):
        old = record(store, {"a1": PASS}, seconds=seconds, at=60 * at)
    new = record(store, {"a1": PASS}, seconds=1.0, at=600)
    assert compare_runs(store, old, new).changes == []
    assert changes(store, record(store, {"a1": PASS}, seconds=0.2, at=700, suite="x"), new) == {"a1": Change.SLOWER}


def test_compare_command(farm: Farm, store: Store, place: Path) -> None:  # noqa: F811 - the fixture
    old, new = record(store, {"a1": PASS, "b1": PASS}), record(store, {"a1": FAIL, "b1": PASS}, at=60)
    code, out, _ = farm("compare", old, new, "--store", place)
    assert code == ExitCode.GOOD
    assert "1 broken" in out
    assert "ttnn.add" in out
    assert farm("compare", old, "last", "--store", place, "--fail-on-regression")[0] == ExitCode.TEST_FAILED
    assert farm("compare", new, old, "--store", place, "--fail-on-regression")[0] == ExitCode.GOOD
    _, out, _ = farm("compare", old, new, "--store", place, "--json")
    assert json.loads(out)["counts"] == {"broken": 1}


def test_history_command(farm: Farm, store: Store, place: Path) -> None:  # noqa: F811 - the fixture
    for at, verdict in enumerate([PASS, FAIL, PASS]):
        record(store, {"a1": verdict, "b1": PASS}, at=60 * at)
    code, out, _ = farm("history", "add", "--store", place)
    assert code == ExitCode.GOOD
    assert "1 fail_assert_exception" in out
    assert "1 of 3 attempts" in out
    _, out, _ = farm("history", "b1", "--store", place, "--json")
    assert [each["verdict"] for each in json.loads(out)["past"]] == ["pass"] * 3
    assert farm("history", "nope", "--store", place)[0] == ExitCode.USAGE
