"""The details of runs, whoever recorded them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from farm.core.sweep_spec import SweepSpec
from farm.store.run_details import PlanShard, RunDetails, read_details
from farm.store.sweep_specs import OldDetails, read_spec, selected, stored_details

SHARD = {"index": 1, "of": 2, "planned": 9, "plan": "ab"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=5,
)


def test_details_are_typed() -> None:
    details = read_details({"master": "/m/master.json", "group": "7", "shard": SHARD, "other": 1}, RunDetails)
    assert details == RunDetails(master="/m/master.json", group="7", shard=PlanShard.model_validate(SHARD))


@pytest.mark.parametrize("shard", [None, "1/2", {"index": 1, "of": 2}, {**SHARD, "index": "first"}])
def test_a_shard_that_does_not_fit_is_none(shard: object) -> None:
    details = read_details({"group": "7", "shard": shard}, RunDetails)
    assert (details.group, details.shard) == ("7", None)


@pytest.mark.parametrize("form", [RunDetails, OldDetails])
@given(st.data())
def test_details_of_any_form_can_be_read(form: type[BaseModel], data: st.DataObject) -> None:
    details = data.draw(st.dictionaries(st.sampled_from(sorted(form.model_fields)), JSON))
    assert isinstance(read_details(details, form), form)


def test_a_run_keeps_its_selection_in_its_spec_alone() -> None:
    spec = SweepSpec.of(["add"], boards="fake:n300", sample=3, seed=1, shard="1/2")
    stored = stored_details(spec, {"master": "m.json", "shard": SHARD, "selection": "a copy", "boards": "a copy"})
    assert stored == {"master": "m.json", "shard": SHARD, "spec": spec.as_json()}
    assert read_spec("model_traced", stored) == (
        spec,
        {
            "master": "m.json",
            "shard": SHARD,
            "operations": ["add"],
            "boards": "fake:n300",
            "selection": {"operations": ["add"], "vectors": [], "limit": None, "sample": [3, 1]},
        },
    )


def test_a_run_of_before_the_spec_shows_what_it_recorded() -> None:
    recorded = {"master": "m.json", "operations": ["add"], "boards": "fake:n300"}
    spec, details = read_spec("model_traced", recorded)
    assert spec == SweepSpec.of(["add"], master="m.json", boards="fake:n300")
    assert details == recorded


def test_runs_of_the_same_selection_compare_equal_wherever_their_files_are() -> None:
    one = SweepSpec.of(sweeps="/a/sweeps", modules=["y", "x"], suite="nightly", shard="1/2")
    other = SweepSpec.of(sweeps="/b/sweeps", modules=["x", "y"], suite="nightly", shard="2/2", boards="mock:n150")
    assert selected(one) == selected(other)
    for change in ({"limit": 1}, {"suite": "x"}, {"sweeps": "/a/others"}, {"skip": ["y"]}):
        assert selected(one) != selected(SweepSpec.of(**{**one.as_json(), **change})), change
