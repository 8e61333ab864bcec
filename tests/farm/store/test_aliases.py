"""Configurations that are read more exactly than before have one history under both of their ids."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.core.errors import FarmError
from farm.core.sweep_spec import SweepSpec
from farm.core.verdicts import Verdict
from farm.planning.current_ids import changed_ids, other_ids
from farm.planning.estimates import Basis, learn
from farm.planning.narrowing import choose
from farm.planning.resume import resume_run
from farm.planning.vectors import Vector
from farm.report.compare import Change
from farm.report.context import compare_runs, read_context
from farm.report.flaky import flakiness
from farm.store import Store
from farm.store.aliases import current_id
from tests.farm.store.former_store import (
    ALIASES,
    CURRENT,
    FORMER,
    OTHER,
    PLAIN,
    UNREADABLE,
    record,
    rows_of,
    store_of_former_ids,
)
from tests.farm.store_helpers import MOCK, Planned
from tracer.device_config import DeviceConfig

OLD, NEW, TWICE = 0, 1, 2


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, str, str]]:
    """A store after its migration, and its runs."""
    place = tmp_path_factory.mktemp("former") / "farm.db"
    with Store.open(place) as store:
        runs = store_of_former_ids(store)
    Store.open(place).close()
    return place, runs


def test_the_ids_differ() -> None:
    assert FORMER.id != CURRENT.id


def test_only_what_changed_and_can_be_read_has_an_alias(migrated: tuple[Path, tuple[str, str, str]]) -> None:
    place, _ = migrated
    for _ in range(2):
        with Store.open(place) as store:
            assert rows_of(store) == ALIASES


@pytest.mark.parametrize("text", [FORMER.id, CURRENT.id, FORMER.id[:9], CURRENT.id[:9]])
def test_a_history_is_the_same_by_both_ids(migrated: tuple[Path, tuple[str, str, str]], text: str) -> None:
    place, runs = migrated
    with Store.open(place) as store:
        past = store.past_vectors(runs, vector_id=text)
    recorded = [
        (runs[OLD], FORMER.id),
        (runs[NEW], CURRENT.id),
        (runs[TWICE], FORMER.id),
        (runs[TWICE], f"{FORMER.id}-2"),
    ]
    assert [(each.run_id, each.vector_id) for each in past] == recorded
    assert [each.current_id for each in past] == [CURRENT.id] * 3 + [f"{CURRENT.id}-2"]
    assert [each.vector_id for each in flakiness(past)] == [CURRENT.id]


@pytest.mark.parametrize("text", [f"{FORMER.id}-2", f"{CURRENT.id}-2"])
def test_a_number_belongs_to_the_id(migrated: tuple[Path, tuple[str, str, str]], text: str) -> None:
    place, runs = migrated
    with Store.open(place) as store:
        assert [each.vector_id for each in store.past_vectors(runs, vector_id=text)] == [f"{FORMER.id}-2"]


def test_other_vectors_are_found_by_their_own_ids_only(migrated: tuple[Path, tuple[str, str, str]]) -> None:
    place, runs = migrated
    with Store.open(place) as store:
        for each in (OTHER, UNREADABLE):
            past = store.past_vectors(runs, vector_id=each.id)
            assert [(past.vector_id, past.current_id) for past in past] == [(each.id, each.id)] * 2
        assert store.past_vectors(runs, vector_id=FORMER.id.upper() + "Z") == []


def test_runs_are_compared_by_todays_ids(migrated: tuple[Path, tuple[str, str, str]]) -> None:
    place, runs = migrated
    with Store.open(place) as store:
        comparison = compare_runs(store, runs[OLD], runs[NEW])
        context = read_context(store, store.view(runs[NEW]))
        view = store.view(runs[OLD])
    assert [change.change for change in comparison.changes] == [Change.BROKEN] * 3
    assert [past.vector_id for past in context.past[CURRENT.id]] == [FORMER.id, CURRENT.id]
    assert view.vector(CURRENT.id).vector_id == view.vector(FORMER.id).vector_id == FORMER.id
    assert "current_hash" not in view.vectors[0].model_dump()


def test_estimates_follow_from_runs_under_both_ids(migrated: tuple[Path, tuple[str, str, str]]) -> None:
    place, _ = migrated
    vectors = [vector_of(each) for each in (FORMER, PLAIN, CURRENT)]
    with Store.open(place) as store:
        estimates = learn(store, vectors, [MOCK])
    for vector in vectors:
        assert estimates.of(vector).basis is Basis.HISTORY
        assert estimates.deadline(vector) is not None  # three runs are needed: two of them recorded the former id


def test_a_run_of_former_ids_is_resumed_under_them(migrated: tuple[Path, tuple[str, str, str]]) -> None:
    place, _ = migrated
    with Store.open(place) as store:
        run_id = record(store, [FORMER], Verdict.FAIL_ASSERT_EXCEPTION, 1_700_000_300.0)
        [vector] = resume_run(store, run_id, [MOCK.kind], retry_failed=True).vectors
        assert (vector.id, vector.content_hash) == (FORMER.id, CURRENT.content_hash)
        assert store.view(run_id).vectors[0].content_hash == FORMER.content_hash


def test_a_copied_run_brings_its_aliases(migrated: tuple[Path, tuple[str, str, str]], tmp_path: Path) -> None:
    place, runs = migrated
    with Store.open(place) as store, Store.open(tmp_path / "other.db") as other:
        store.copy_to(other, runs[OLD])
        store.copy_to(other, runs[OLD])
        assert rows_of(other) == ALIASES


def vector_of(planned: Planned) -> Vector:
    return Vector(
        planned.id,
        planned.operation,
        "",
        planned.content_hash,
        DeviceConfig(),
        device_config_inferred=False,
        text=planned.text,
    )


@pytest.mark.parametrize("name", [FORMER, PLAIN, CURRENT], ids=["former", "plain", "current"])
@pytest.mark.parametrize("planned", [PLAIN, CURRENT], ids=["as stored", "as traced"])
def test_a_sweep_takes_any_id(
    migrated: tuple[Path, tuple[str, str, str]], tmp_path: Path, name: Planned, planned: Planned
) -> None:
    place, _ = migrated
    vectors = [vector_of(OTHER), vector_of(planned)]
    spec = SweepSpec.of(vectors=(name.id,))
    others = other_ids(spec, place)
    assert choose(vectors, spec.vectors, others=others) == vectors[1:]
    lines = changed_ids(spec, others, vectors[1:])
    assert [line.partition(" here:")[0] for line in lines] == (
        [] if name is planned else [f"vector {name.id} has the id {planned.id}"]
    )
    if name is not planned:
        with pytest.raises(FarmError, match="--store"):
            choose(vectors, spec.vectors, others=other_ids(spec, tmp_path / "none.db"))


def test_ids_that_are_no_beginnings_of_a_hash_stay() -> None:
    assert current_id("ttnn.add-3", "", "") == "ttnn.add-3"
    assert current_id("good", "a" * 64, "b" * 64) == "good"
