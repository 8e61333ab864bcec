"""The details of runs, whoever recorded them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.store.run_details import PlanShard, RunDetails, read_details

SHARD = {"index": 1, "of": 2, "planned": 9, "plan": "ab"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=5,
)


def test_details_are_typed() -> None:
    details = read_details({"master": "/m/master.json", "boards": "mock", "group": "7", "shard": SHARD, "other": 1})
    assert details == RunDetails(
        master="/m/master.json", boards="mock", group="7", shard=PlanShard.model_validate(SHARD)
    )


@pytest.mark.parametrize("shard", [None, "1/2", {"index": 1, "of": 2}, {**SHARD, "index": "first"}])
def test_a_shard_that_does_not_fit_is_none(shard: object) -> None:
    details = read_details({"group": "7", "shard": shard})
    assert (details.group, details.shard) == ("7", None)


@given(st.dictionaries(st.sampled_from(sorted(RunDetails.model_fields)), JSON))
def test_details_of_any_form_can_be_read(details: dict[str, object]) -> None:
    assert isinstance(read_details(details), RunDetails)


def test_runs_without_a_selection_compare_by_their_operations() -> None:
    one, other = read_details({"operations": ["b", "a"]}), read_details({"operations": ["a", "b"], "master": ""})
    assert one.selected == other.selected
    assert one.selected != read_details({"selection": {"operations": ["a"]}}).selected
