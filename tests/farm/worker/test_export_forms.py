"""Values that an export of tt-metal can hold come back as they were; of the others, farm says what comes back."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.sweeps.export_values import read_back
from farm.sweeps.shapes import BinaryShape
from farm.sweeps.values import encode
from farm.worker.export_forms import ExportForms
from farm.worker.modules import LoadedModule
from farm.worker.vector_hashes import SuiteHasher
from tracer.master.master import Master, shipped

pytestmark = pytest.mark.ttnn
ttnn = pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

NUMBERS = st.none() | st.booleans() | st.integers() | st.floats(allow_infinity=False, allow_nan=False)
WORDS = st.text("xyz -/", max_size=5).filter(lambda text: text.strip(" -"))
ENUMS = st.sampled_from([ttnn.bfloat16, ttnn.TILE_LAYOUT, ttnn.MathFidelity.HiFi4, ttnn.ShardStrategy.HEIGHT])
OBJECTS = st.builds(
    lambda x, y: ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(x, y)), st.integers(0, 7), st.integers(0, 7)
) | st.sampled_from([ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG])
LITERALS = st.recursive(
    NUMBERS | WORDS | st.binary(max_size=3) | st.sets(st.integers(), min_size=1, max_size=3),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.lists(inner, max_size=3),
    max_leaves=6,
)
HELD = st.recursive(
    NUMBERS | WORDS | ENUMS | OBJECTS | st.sampled_from([math.inf, math.nan]) | LITERALS.map(lambda part: (part,)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
ANY = st.recursive(
    HELD | st.text(max_size=5) | st.sampled_from([ttnn.CoreGrid(x=1, y=2), object(), "1", "None", "DataType.UINT8"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.integers() | st.tuples(st.integers()), inner, max_size=2)
    ),
    max_leaves=6,
)


def forms() -> ExportForms:
    module = cast("LoadedModule", SimpleNamespace(name="m", parameters={"s": {}}))
    return ExportForms(SuiteHasher(module, "s"))


def form(value: object) -> tuple[Any, str]:
    """What a file holds of a value, and what is lost of it."""
    made = forms().of({"x": value}, None, [])
    return json.loads(json.dumps(made.fields))["x"], made.lost.get("x", "")


@given(HELD)
def test_what_an_export_holds_reads_back(value: object) -> None:
    raw, lost = form(value)
    assert lost == ""
    assert json.dumps(encode(read_back(raw))) == json.dumps(encode(value))


@given(ANY)
def test_what_does_not_read_back_is_named(value: object) -> None:
    raw, lost = form(value)
    if not lost:
        assert json.dumps(encode(read_back(raw))) == json.dumps(encode(value))


@pytest.mark.parametrize(
    ("value", "lost"),
    [
        ("1", "'1' is read back as 1"),
        (ttnn.CoreGrid(x=1, y=2), "ttnn.CoreGrid(x=1, y=2) is read back as 'ttnn.CoreGrid(x=1, y=2)'"),
        ((ttnn.bfloat16,), "(DataType.BFLOAT16,) is read back as '(DataType.BFLOAT16,)'"),
        ({"a": [1, "None"]}, "'None' in it is read back as None"),
        (BinaryShape((1, 2), (3, 4)), "(1, 2) of type BinaryShape is read back as one of type tuple"),
        ({1: 2}, "{1: 2} is read back as {'1': 2}"),
        ({ttnn.bfloat16: 2}, "{DataType.BFLOAT16: 2} is read back as '{DataType.BFLOAT16: 2}'"),
    ],
    ids=str,
)
def test_losses_in_words(value: object, lost: str) -> None:
    assert form(value)[1] == lost


def test_objects_that_only_farm_builds_again() -> None:
    config = ttnn.MatmulMultiCoreReuseProgramConfig(
        compute_with_storage_grid_size=(8, 8),
        in0_block_w=1,
        out_subblock_h=1,
        out_subblock_w=1,
        per_core_M=1,
        per_core_N=1,
    )
    raw, lost = form(config)
    assert lost.endswith("is read back as a dict by tt-metal's runner, and whole by farm")
    assert encode(read_back(raw)) == encode(config)


def test_a_traced_vector_says_where_it_was_seen() -> None:
    configuration = next(iter(Master.read(shipped()).configurations["ttnn.add"]))
    made = forms().of({"x": 1}, None, [configuration])
    assert made.fields["traced_source"] == list(configuration.sources)
    assert made.fields["traced_machine_info"]
    assert "config_hash" not in made.fields, "run() may not take it"
    assert not made.lost
