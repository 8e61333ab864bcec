"""Vectors of sweep modules, which earlier farms hashed in another form, have one history under both ids."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from farm.core.payload import ModuleVector, encode
from farm.core.sweep_module import SweepModule
from farm.core.sweep_spec import SweepSpec
from farm.core.verdicts import Verdict
from farm.planning.current_ids import changed_module_ids, former_modules
from farm.planning.estimates import Basis, learn
from farm.planning.narrowing import choose
from farm.planning.resume import resume_run
from farm.planning.vectors import Vector, hash_of_parts
from farm.report.compare import Change
from farm.report.context import compare_runs
from farm.store import Store, schema
from tests.farm.store.former_store import record
from tests.farm.store_helpers import MOCK, Planned
from tracer.device_config import DeviceConfig

MODULE = SweepModule("eltwise.relu", Path("relu.py"))
FORMER, CURRENT = "f" * 56, "c" * 56
SPEC = SweepSpec.of(sweeps="relu.py")
STARTED = 1_700_000_000.0


def module_vector(input_hash: str, number: str = "", *, former: str = "") -> Vector:
    """A vector of `MODULE`; `former` is the hash that an earlier farm gave it."""
    payload = ModuleVector(input_hash[:16] + number, MODULE, "nightly", 0, input_hash)
    return Vector(
        id=payload.id,
        operation=MODULE.name,
        config_hash=input_hash,
        content_hash=hash_of_parts(MODULE.name, "nightly", input_hash),
        device_config=DeviceConfig(),
        device_config_inferred=True,
        text=encode(payload),
        suite="nightly",
        former_hash=former,
    )


TODAY = module_vector(CURRENT, former=FORMER)


@pytest.fixture
def former_store(tmp_path: Path) -> tuple[Path, str]:
    """A store as revision 0007 had it, with a run of an earlier farm that planned an equal vector twice."""
    place = tmp_path / "farm.db"
    vectors = [module_vector(FORMER), module_vector(FORMER, "-2"), module_vector("a" * 56)]
    with Store.open(place) as store:
        run = record(store, [as_recorded(vector) for vector in vectors], Verdict.VALIDATED, STARTED)
        with store.writing() as connection:
            for name in ("beginning", "current_beginning"):
                connection.exec_driver_sql(f"ALTER TABLE vector_aliases DROP COLUMN {name}")
            schema.run_leases.drop(connection)
            connection.execute(schema.revision.update().values(version_num="0007"))
    return place, run


def as_recorded(vector: Vector) -> Planned:
    return Planned(
        vector.id,
        vector.operation,
        vector.config_hash,
        content_hash=vector.content_hash,
        former_content_hash=vector.former_content_hash,
        payload=vector.payload.as_json(),
    )


def test_the_modules_of_earlier_runs_are_known(former_store: tuple[Path, str], tmp_path: Path) -> None:
    place, _ = former_store
    assert set(former_modules(SPEC, place)) == {MODULE.name}
    assert set(former_modules(SweepSpec.of(suite="model_traced"), place)) == set()
    assert set(former_modules(SPEC, tmp_path / "none.db")) == set()


@pytest.mark.parametrize("name", [FORMER[:16], f"{FORMER[:16]}-2", FORMER, CURRENT[:16], CURRENT])
def test_a_sweep_takes_both_ids(name: str) -> None:
    spec = SPEC.updated(vectors=(name,))
    vectors = [module_vector("b" * 56, former="e" * 56), TODAY]
    assert choose(vectors, spec.vectors) == [TODAY]
    lines = changed_module_ids(spec, [TODAY])
    assert [line.partition(" here:")[0] for line in lines] == (
        [] if name in (TODAY.id, CURRENT) else [f"vector {name} has the id {TODAY.id}"]
    )
    assert choose(vectors, [name, TODAY.id, FORMER[:16]]) == [TODAY]


def test_an_estimate_follows_the_earlier_run_before_the_first_of_today(former_store: tuple[Path, str]) -> None:
    with Store.open(former_store[0]) as store:
        assert learn(store, [TODAY], [MOCK]).of(TODAY).basis is Basis.HISTORY
        other = replace(TODAY, former_hash="")
        assert learn(store, [other], [MOCK]).of(other).basis is not Basis.HISTORY


@pytest.fixture
def both(former_store: tuple[Path, str]) -> tuple[Path, str, str]:
    """The store after a run of today, and both runs."""
    place, old = former_store
    with Store.open(place) as store:
        return place, old, record(store, [as_recorded(TODAY)], Verdict.FAIL_ASSERT_EXCEPTION, STARTED + 100)


@pytest.mark.parametrize("text", [FORMER[:16], CURRENT[:16], FORMER[:9], CURRENT[:9], FORMER, CURRENT])
def test_a_history_is_the_same_by_both_ids(both: tuple[Path, str, str], text: str) -> None:
    place, old, new = both
    with Store.open(place) as store:
        past = store.past_vectors([old, new], vector_id=text)
        ids = store.other_ids([text])
    assert [(each.run_id, each.vector_id, each.current_id) for each in past] == [
        (old, FORMER[:16], TODAY.id),
        (old, f"{FORMER[:16]}-2", f"{TODAY.id}-2"),
        (new, TODAY.id, TODAY.id),
    ]
    assert ids == ({text: (TODAY.id, FORMER[:16])} if len(text) >= 16 else {})


def test_the_runs_compare(both: tuple[Path, str, str]) -> None:
    place, old, new = both
    with Store.open(place) as store:
        comparison = compare_runs(store, old, new)
        assert store.view(old).vector(TODAY.id).vector_id == FORMER[:16]
        assert store.view(new).vector(CURRENT).vector_id == TODAY.id
    [broken] = [each for each in comparison.changes if each.change is Change.BROKEN]
    assert broken.vector_id == TODAY.id


def test_a_vector_that_no_plan_had_since_stays_unknown(both: tuple[Path, str, str]) -> None:
    place, old, _ = both
    with Store.open(place) as store:
        assert store.former_modules() == {MODULE.name}
        [past] = store.past_vectors([old], vector_id="a" * 16)
    assert (past.vector_id, past.current_id) == ("a" * 16, "a" * 16)


def test_an_earlier_run_is_resumed_with_its_own_ids(both: tuple[Path, str, str]) -> None:
    place, old, _ = both
    with Store.open(place) as store:
        with store.writing() as connection:
            connection.execute(schema.verdicts.delete().where(schema.verdicts.c.vector_id == FORMER[:16]))
        resumed = resume_run(store, old, [MOCK.kind])
    [vector] = resumed.vectors
    assert (vector.id, vector.content_hash) == (FORMER[:16], TODAY.content_hash)
    assert isinstance(vector.payload, ModuleVector)
    assert vector.payload.input_hash == FORMER


def test_a_copy_keeps_what_is_known(both: tuple[Path, str, str], tmp_path: Path) -> None:
    place, old, new = both
    with Store.open(place) as store, Store.open(tmp_path / "copy.db") as copy:
        store.copy_to(copy, new)
        store.copy_to(copy, old)
        with copy.writing() as connection:
            connection.execute(schema.vector_aliases.update().values(current_hash=FORMER, current_beginning="f"))
        assert {each.current_id[:1] for each in copy.past_vectors([old], vector_id=FORMER[:16])} == {"f"}
        store.copy_to(copy, old)
        past = copy.past_vectors([old, new], vector_id=FORMER[:16])
    assert [each.current_id for each in past] == [TODAY.id, f"{TODAY.id}-2", TODAY.id]
