from __future__ import annotations

from importlib.metadata import version
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.signatures import Type, overloads, parse_overloads, parse_type

ADD = """__call__(self, input_tensor_a: ttnn._ttnn.tensor.Tensor, input_tensor_b: float, *, \
dtype: ttnn._ttnn.tensor.DataType | None = None, activations: collections.abc.Sequence[ttnn._ttnn.X] = [], \
use_legacy: bool | None = None) -> ttnn._ttnn.tensor.Tensor
__call__(self, input_tensor_a: ttnn._ttnn.tensor.Tensor, input_tensor_b: ttnn._ttnn.tensor.Tensor) -> tuple[int, int]
"""


def test_every_overload_is_read_with_its_parameters() -> None:
    first, second = parse_overloads(ADD)
    assert [(p.name, p.kind, p.default) for p in first.parameters] == [
        ("input_tensor_a", "positional", None),
        ("input_tensor_b", "positional", None),
        ("dtype", "keyword_only", "None"),
        ("activations", "keyword_only", "[]"),
        ("use_legacy", "keyword_only", "None"),
    ]
    assert [t.short for t in first.by_name["dtype"].alternatives] == ["DataType", "None"]
    assert first.by_name["activations"].type == "collections.abc.Sequence[ttnn._ttnn.X]"
    assert second.returns == "tuple[int, int]"
    assert [p.name for p in second.positional] == ["input_tensor_a", "input_tensor_b"]
    assert second.text.endswith("-> tuple[int, int]")


def test_defaults_may_hold_anything() -> None:
    doc = (
        "f(a: str = 'x, y) -> (', b: A = <ttnn.Config object at 0x7f1f, here>, c: M = M(k=1,v=std::nullopt),"
        " d: object = '\\'') -> None\n\n   prose(about) -> it"
    )
    (overload,) = parse_overloads(doc)
    assert [p.default for p in overload.parameters] == [
        "'x, y) -> ('",
        "<ttnn.Config object at 0x7f1f, here>",
        "M(k=1,v=std::nullopt)",
        "'\\''",
    ]


def test_positional_only_and_variadic_parameters() -> None:
    (overload,) = parse_overloads("f(arg0: int, arg1: float, /, c: int, *args, **kwargs) -> int")
    assert [(p.name, p.kind) for p in overload.parameters] == [
        ("arg0", "positional_only"),
        ("arg1", "positional_only"),
        ("c", "positional"),
        ("args", "var_positional"),
        ("kwargs", "var_keyword"),
    ]


def test_prose_is_no_signature() -> None:
    assert parse_overloads("Adds (two) tensors.\n\nadd(a: int) -> int") == []
    assert parse_overloads("add(a, b) adds two tensors") == []
    assert parse_overloads("") == []


def test_a_signature_cut_short_is_refused() -> None:
    with pytest.raises(ValueError, match="never closed"):
        parse_overloads("f(a: int, b: list[int")


def test_types() -> None:
    nested = parse_type("collections.abc.Sequence[int | None] | ttnn::a::B | tuple[int, float]")
    assert nested == (
        Type("collections.abc.Sequence", ((Type("int"), Type("None")),)),
        Type("ttnn::a::B"),
        Type("tuple", ((Type("int"),), (Type("float"),))),
    )
    assert nested[1].short == "B"
    assert parse_type("Optional[torch.dtype]") == (Type("torch.dtype"), Type("None"))
    assert parse_type("Union[str, pathlib.Path, NoneType]") == (Type("str"), Type("pathlib.Path"), Type("None"))
    assert parse_type("") == ()


@given(st.text(alphabet="f(a: int,*/)=->[]|'\" \n0.", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_overloads(text)
    except ValueError as error:
        assert "\n\n" not in str(error)  # noqa: PT017 - either outcome is fine, a crash is not


def test_a_python_function_is_read_from_its_signature() -> None:
    def function(tensor: Any, dim: int = -1, *, keep: bool | None = None) -> None: ...

    (overload,) = overloads(function)
    assert [(p.name, p.kind, p.default) for p in overload.parameters] == [
        ("tensor", "positional", None),
        ("dim", "positional", "-1"),
        ("keep", "keyword_only", "None"),
    ]


@pytest.mark.ttnn
def test_every_operation_of_ttnn_parses() -> None:
    ttnn = pytest.importorskip("ttnn")
    operations = ttnn.query_registered_operations(include_experimental=True)
    for operation in operations:
        its_overloads = overloads(operation)
        name = operation.python_fully_qualified_name
        assert its_overloads, f"{name} has no overload"
        doc = operation.function.__call__.__doc__ or ""
        if doc.startswith("__call__("):
            assert len(its_overloads) == len(doc.strip().split("\n")), name
            assert "\n".join(overload.text for overload in its_overloads) == doc.strip(), name
        for overload in its_overloads:
            names = [parameter.name for parameter in overload.parameters]
            assert all(each.isidentifier() for each in names), name
            assert len(set(names)) == len(names), name
    if version("ttnn").startswith("0.66."):
        assert len(ttnn.query_registered_operations()) == 491


@pytest.mark.ttnn
def test_real_operations_say_what_they_take() -> None:
    ttnn = pytest.importorskip("ttnn")
    assert [p.name for p in overloads(ttnn.rms_norm)[0].parameters][:5] == [
        "input_tensor",
        "epsilon",
        "weight",
        "bias",
        "residual_input_tensor",
    ]
    assert overloads(ttnn.to_device)[0].parameters[1].name == "device"
    assert overloads(ttnn.from_torch)[0].by_name["memory_config"].alternatives[-1] == Type("None")
    second = [overload.by_name["input_tensor_b"].alternatives for overload in overloads(ttnn.add)]
    assert (Type("ttnn._ttnn.tensor.Tensor"),) in second
    assert any(Type("float") in types for types in second)
