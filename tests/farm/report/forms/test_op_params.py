"""Parameters of vectors, flat."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.core.payload import ModelTrace, ModuleVector, Payload, TracedCall, Unreadable
from farm.core.sweep_module import SweepModule
from farm.report.forms.op_params import op_params
from farm.sweeps import values

BFLOAT16 = {"type": "DataType", "repr": "DataType.BFLOAT16"}
TENSOR = {
    "type": "ttnn.Tensor",
    "original_shape": [1, 32],
    "original_dtype": "DataType.BFLOAT16",
    "memory_config": None,
}
MODULE = SweepModule("unary.relu", Path("relu.py"))


def parameters(payload: Payload) -> dict[str, object]:
    written = [each.model_dump(exclude_none=True) for each in op_params(payload, str.upper)]
    assert all(len(each) == 2 for each in written)
    return {each.pop("param_name"): (*each.items(),)[0] for each in written}


def test_a_traced_call_has_its_arguments_by_parameter_name() -> None:
    call = TracedCall(
        "v", "ttnn.add", {"arg0": TENSOR, "arg1": 2.5, "dims": [1, BFLOAT16], "dtype": BFLOAT16}, ("a", "b")
    )
    assert parameters(call) == {
        "A.TYPE": ("param_value_text", "TTNN.TENSOR"),
        "A.ORIGINAL_SHAPE": ("param_value_json", [1, 32]),
        "A.ORIGINAL_DTYPE": ("param_value_text", "DATATYPE.BFLOAT16"),
        "A.MEMORY_CONFIG": ("param_value_text", "None"),
        "B": ("param_value_numeric", 2.5),
        "DIMS": ("param_value_json", [1, "DATATYPE.BFLOAT16"]),
        "DTYPE": ("param_value_text", "DATATYPE.BFLOAT16"),
    }


@pytest.mark.parametrize(
    ("value", "column", "written"),
    [
        (True, "numeric", 1.0),
        (3, "numeric", 3.0),
        (10**400, "text", str(10**400)),
        (float("-inf"), "text", "-INF"),
        (None, "text", "None"),
        ("x", "text", "X"),
        ((1, (2, "a")), "json", [1, [2, "A"]]),
        ({}, "json", {}),
        (range(1, 9, 2), "text", "RANGE(1, 9, 2)"),
        (slice(None, 4), "text", "SLICE(NONE, 4, NONE)"),
        (1 + 2j, "text", "COMPLEX(1.0, 2.0)"),
        (b"\x01\xff", "text", "01FF"),
        ({3}, "json", [3]),
    ],
)
def test_a_value_of_a_module_has_one_column(value: object, column: str, written: object) -> None:
    payload = ModuleVector("v", MODULE, values={"x": values.encode(value)})
    assert parameters(payload) == {"X": (f"param_value_{column}", written)}


def test_nested_values_of_a_module_are_joined_by_dots() -> None:
    nested = {"shapes": {"self": [1], "other": 2}, 3: [{"a": 1}]}
    payload = ModuleVector("v", MODULE, values={"x": values.encode(nested)}, unwritten={"f": "it is a lambda"})
    assert parameters(payload) == {
        "X.SHAPES.SELF": ("param_value_json", [1]),
        "X.SHAPES.OTHER": ("param_value_numeric", 2.0),
        "X.3": ("param_value_json", [{"A": 1}]),
        "F": ("param_value_text", "NOT WRITTEN: IT IS A LAMBDA"),
    }


def test_what_is_nested_too_deep_becomes_text() -> None:
    value: object = 1
    for _ in range(300):
        value = [value]
    [parameter] = op_params(TracedCall("v", "o", {"x": value}), str)
    text = parameter.model_dump_json()
    assert text.count("[") == 300
    assert text.count('"[') == 1


def test_every_form_of_a_value_is_written() -> None:
    from farm.report.forms.op_params import _PLAIN

    assert _PLAIN.keys() == values._DECODERS.keys()


def test_other_payloads() -> None:
    assert parameters(Unreadable("v", "o", raw={"a": 1})) == {}
    assert parameters(ModelTrace("m", "m.py", "/f", ("-k",)))["TARGET"] == ("param_value_text", "M.PY")
