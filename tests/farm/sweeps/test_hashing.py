from __future__ import annotations

import hashlib
import json

import pytest

from farm.sweeps.hashing import Hasher, serialised


def test_it_is_tt_metals_hash_of_the_serialised_vector() -> None:
    parts = {
        "shape": "[1, 32]",
        "factor": "2.0",
        "suite_name": "nightly",
        "sweep_name": "eltwise.unary.relu",
        "validity": "VectorValidity.VALID",
        "invalid_reason": "",
        "status": "VectorStatus.CURRENT",
    }
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    hashed = Hasher("eltwise.unary.relu", "nightly").input_hash({"shape": [1, 32], "factor": 2.0})
    assert hashed == hashlib.sha224(text.encode()).hexdigest()


def test_an_invalid_vector_has_a_hash_of_its_own() -> None:
    hasher = Hasher("m", "s")
    assert hasher.input_hash({"a": 1}) != hasher.input_hash({"a": 1}, "makes no sense")


def test_a_traced_vector_is_known_by_its_config_hash() -> None:
    assert Hasher("m", "s").input_hash({"a": 1, "config_hash": "ab12"}) == "ab12"
    assert Hasher("m", "s").input_hash({"a": 1, "config_hash": "__ABSENT__"}) != "__ABSENT__"


def test_addresses_make_no_difference() -> None:
    class Thing:
        pass

    hasher = Hasher("m", "s")
    assert hasher.input_hash({"a": Thing()}) == hasher.input_hash({"a": Thing()})


def test_objects_with_json_are_kept_by_class_and_with_the_names_of_members() -> None:
    ttnn = pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    parts = serialised(ttnn.L1_MEMORY_CONFIG)
    assert parts["type"] == "ttnn._ttnn.tensor.MemoryConfig"
    assert (parts["data"]["buffer_type"], parts["data"]["memory_layout"]) == ("L1", "INTERLEAVED")
    assert serialised(ttnn.bfloat16) == "DataType.BFLOAT16"
