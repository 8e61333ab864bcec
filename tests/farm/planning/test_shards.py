"""Shares of a plan, and what their runs record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.core.errors import NothingSelected
from farm.core.shard import Shard
from farm.planning.shards import shard_details, share_of
from farm.planning.vectors import Vector
from tracer.device_config import DeviceConfig


def plan_of(count: int) -> list[Vector]:
    return [
        Vector(f"v{number}", "m", "", "", DeviceConfig(), device_config_inferred=True, text="{}")
        for number in range(count)
    ]


@given(st.integers(1, 40), st.integers(1, 60))
def test_shares_are_all_of_the_plan_and_nothing_twice(of: int, size: int) -> None:
    plan = plan_of(max(of, size))
    shares = [share_of(plan, Shard(index, of)) for index in range(1, of + 1)]
    assert sorted(vector.id for share in shares for vector in share) == sorted(vector.id for vector in plan)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_without_a_shard_the_share_is_the_plan() -> None:
    plan = plan_of(3)
    assert share_of(plan, None) == plan
    assert shard_details(None, plan) == {}


def test_an_empty_share_is_an_error() -> None:
    with pytest.raises(NothingSelected, match="at most 2 shards"):
        share_of(plan_of(2), Shard(3, 3))


def test_shards_of_one_plan_have_one_group(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "CI_PIPELINE_ID"):
        monkeypatch.delenv(name, raising=False)
    one, other = (shard_details(Shard(index, 2), plan_of(5)) for index in (1, 2))
    assert one["shard"] == {**other["shard"], "index": 1}
    assert one["group"] == other["group"] == one["shard"]["plan"]
    assert shard_details(Shard(1, 2), plan_of(6))["group"] != one["group"]
    monkeypatch.setenv("GITHUB_RUN_ID", "77")
    monkeypatch.setenv("GITHUB_RUN_ATTEMPT", "2")  # a job that is run again
    assert shard_details(Shard(1, 2), plan_of(5))["group"] == "77"
