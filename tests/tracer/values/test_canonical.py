"""The canonical form and the two hashes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.tracer.values.strategies import arguments, operations
from tracer.errors import ConfigurationError
from tracer.master.master import Master
from tracer.values import Value, decode, describe, encode
from tracer.values.canonical import config_hash, content_hash

GALAXY = {"board_type": "Wormhole", "device_series": "tt-galaxy-wh", "card_count": 32}


def test_the_published_hashes_come_out(shared_data: Path) -> None:
    published = json.loads((shared_data / "master_v2_sample.json").read_text())["operations"]["ttnn.multiply"]
    assert len(published["configurations"]) == 3
    for each in published["configurations"]:
        machine = each["executions"][0]["machine_info"]
        assert config_hash("ttnn.multiply", each["arguments"], machine) == each["config_hash"]
        # also from the typed values: nothing the hash is taken of is lost by reading
        again = {name: encode(decode(raw)) for name, raw in each["arguments"].items()}
        assert config_hash("ttnn.multiply", again, machine) == each["config_hash"]


def test_what_differs_between_runs_does_not_count() -> None:
    one = {"a": {"hash": 1, "shard_spec": None}, "b": ["<object at 0x7fab>"]}
    other = {"a": {"hash": 2, "shard_spec": "None"}, "b": ["<object>"]}
    assert config_hash("ttnn.add", one, GALAXY) == config_hash("ttnn.add", other, GALAXY)
    assert config_hash("ttnn.add", {"hash": "text"}, GALAXY) != config_hash("ttnn.add", {}, GALAXY)


def test_the_machine_counts() -> None:
    hashes = {
        config_hash("ttnn.add", {}, machine)
        for machine in (
            None,
            GALAXY,
            {**GALAXY, "card_count": 16},
            {**GALAXY, "device_series": "n300"},
            {**GALAXY, "tensor_placements": [{"mesh_device_shape": "[4, 8]", "placement": "['PlacementReplicate']"}]},
            {**GALAXY, "tensor_placements": [{"mesh_device_shape": "[4, 8]", "placement": "['PlacementShard(2)']"}]},
        )
    }
    assert len(hashes) == 6
    of_older_form = {**GALAXY, "device_series": ["tt-galaxy-wh"], "tensor_placements": []}
    assert config_hash("ttnn.add", {}, of_older_form) == config_hash("ttnn.add", {}, GALAXY)
    without_cards = {"board_type": "Wormhole", "device_series": "n150"}
    assert config_hash("ttnn.add", {}, without_cards) == config_hash("ttnn.add", {}, {**without_cards, "card_count": 1})
    assert config_hash("ttnn.add", {}, {"device_series": "n150"}) == config_hash("ttnn.add", {}, None)


def test_a_placement_on_one_chip_counts_for_the_config_hash_alone() -> None:
    plain: dict[str, Any] = {"type": "ttnn.Tensor", "original_shape": [32, 32], "original_dtype": "DataType.BFLOAT16"}
    shape = "[1, 1]"
    placement = {"placement": "['PlacementReplicate']", "distribution_shape": shape, "mesh_device_shape": shape}
    placed = {**plain, "tensor_placement": placement}
    n150 = {"board_type": "Wormhole", "device_series": "n150", "card_count": 1}
    for raw, other in ((placed, plain), ([placed], [plain]), ({"a": placed}, {"a": plain})):
        encoded = encode(decode(raw))
        assert encoded == raw
        assert config_hash("ttnn.add", {"arg0": encoded}, n150) == config_hash("ttnn.add", {"arg0": raw}, n150)
        assert config_hash("ttnn.add", {"arg0": encoded}, n150) != config_hash("ttnn.add", {"arg0": other}, n150)
        assert content_hash("ttnn.add", {"arg0": decode(raw)}) == content_hash("ttnn.add", {"arg0": decode(other)})
        assert decode(raw) == decode(other)
    on_two = {**plain, "tensor_placement": {**placement, "mesh_device_shape": "[1, 2]"}}
    assert content_hash("ttnn.add", {"arg0": decode(on_two)}) != content_hash("ttnn.add", {"arg0": decode(plain)})


def test_the_order_of_keys_does_not_count() -> None:
    one = {"b": 1, "a": [{"d": "x", "c": {"type": 2, "items": 3}}]}
    other = {"a": [{"c": {"items": 3, "type": 2}, "d": "x"}], "b": 1}
    assert content_hash("ttnn.add", {"x": describe(one), "y": 1}) == content_hash(
        "ttnn.add", {"y": 1, "x": describe(other)}
    )
    assert describe(one) == describe(other) == decode(json.loads(json.dumps(encode(describe(one)))))
    # as masters were written before
    assert decode({"type": "dict", "items": [["b", 1], ["a", 2]]}) == describe({"a": 2, "b": 1})


@given(operations, arguments)
def test_the_content_hash_survives_writing_and_reading(operation: str, given_arguments: dict[str, Value]) -> None:
    raw = json.loads(json.dumps({name: encode(value) for name, value in given_arguments.items()}, sort_keys=True))
    again = {name: decode(part) for name, part in raw.items()}
    assert content_hash(operation, again) == content_hash(operation, given_arguments)


def test_the_content_hash_tells_calls_apart() -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("ttnn.add", {"arg0": 1}),
        ("ttnn.sub", {"arg0": 1}),
        ("ttnn.add", {"arg1": 1}),
        ("ttnn.add", {"arg0": 1.0}),
        ("ttnn.add", {"arg0": True}),
        ("ttnn.add", {"arg0": "1"}),
        ("ttnn.add", {"arg0": None}),
        ("ttnn.add", {}),
    ]
    assert len({content_hash(operation, given) for operation, given in calls}) == len(calls)


def test_it_is_the_same_call_in_either_version(shared_data: Path) -> None:
    master = Master.read(shared_data / "master_n300_2025-11_v1.json")
    rewritten = Master.parse(json.loads(master.text()))
    assert {each.content_hash for each in rewritten} == {each.content_hash for each in master}
    assert len({each.content_hash for each in master}) == 555


def test_what_no_reader_looks_at_may_be_too_deep_to_hash() -> None:
    part: dict[str, Any] = {}
    for _ in range(5_000):
        part = {"a": part}
    with pytest.raises(ConfigurationError, match="ttnn.add: arguments are nested deeper than 700 levels"):
        config_hash("ttnn.add", {"arg0": part}, None)
