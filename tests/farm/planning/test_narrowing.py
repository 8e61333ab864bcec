"""Some of a plan's vectors: by id, by number, by chance."""

from __future__ import annotations

import pytest

from farm.core.errors import FarmError
from farm.planning.narrowing import choose, sampled
from farm.planning.vectors import Vector
from tracer.device_config import DeviceConfig


def vectors(count: int) -> list[Vector]:
    return [
        Vector(f"{number:04}", "m", "", "", DeviceConfig(), device_config_inferred=True, text="{}")
        for number in range(count)
    ]


def test_ids_choose_vectors_in_the_order_of_the_plan() -> None:
    plan = vectors(5)
    assert choose(plan, ["0003", "0001"]) == [plan[1], plan[3]]
    assert choose(plan, ["0003", "0001"], limit=1) == [plan[1]]
    with pytest.raises(FarmError, match="no vector 'nope'"):
        choose(plan, ["nope", "0001"])


def test_a_limit_takes_the_first_and_reads_no_more() -> None:
    stream = iter(vectors(5))
    assert [vector.id for vector in choose(stream, limit=2)] == ["0000", "0001"]
    assert next(stream).id == "0002"


def test_a_sample_is_the_seeds_and_keeps_its_order() -> None:
    every = vectors(100)
    picked = sampled(every, 10, seed=1)
    assert len({vector.id for vector in picked}) == 10
    assert [vector.id for vector in picked] == sorted(vector.id for vector in picked)
    assert sampled(every, 10, seed=1) == picked
    assert sampled(every, 10, seed=2) != picked
    assert sampled(every, 200) == every


def test_a_sample_does_not_depend_on_vectors_outside_it() -> None:
    every = vectors(100)
    picked = sampled(every, 10, seed=3)
    # leaving out what was not picked leaves the same ones
    assert sampled([vector for vector in every if vector in picked or int(vector.id) % 2], 10, seed=3) == picked
