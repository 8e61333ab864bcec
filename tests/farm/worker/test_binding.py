"""Binding traced calls to overloads, with no ttnn: the signatures are text."""

from __future__ import annotations

import pytest

from farm.worker.binding import LostArgument, Unbindable, bind
from farm.worker.tensor_defaults import complete
from tracer.signatures import parse_overloads
from tracer.values import (
    CoreRangeSet,
    EnumMember,
    Handle,
    Lost,
    Mapping,
    MemoryConfig,
    Shape,
    Struct,
    Tensor,
    Value,
    ValueSet,
)
from tracer.values.versions import Default, Known, LeftOut

TENSOR = Tensor((1, 1, 32, 32), "BFLOAT16", "TILE")
OTHER = Tensor((1, 1, 64, 32), "BFLOAT16", "TILE")
DRAM = MemoryConfig()

ADD = parse_overloads(
    "__call__(self, a: t.Tensor, b: float, *, dtype: t.DataType | None = None) -> t.Tensor\n"
    "__call__(self, a: t.Tensor, b: t.Tensor, *, dtype: t.DataType | None = None) -> t.Tensor\n"
)
PAD = parse_overloads(
    "__call__(self, x: t.Tensor, padding: Sequence[Sequence[int]], value: float, *, fast: bool = True) -> t.Tensor\n"
    "__call__(self, x: t.Tensor, shape: Sequence[int], start: Sequence[int], value: float) -> t.Tensor\n"
)
EMBEDDING = parse_overloads(
    "__call__(self, x: t.Tensor, weight: t.Tensor, *, kind: t.EmbeddingsType = EmbeddingsType.GENERIC, "
    "output_tensor: t.Tensor | None = None, memory_config: t.MemoryConfig | None = None) -> t.Tensor\n"
)
GATHER = parse_overloads(
    "__call__(self, x: t.Tensor, dim: int, semaphores: t.GlobalSemaphoreArg, *, links: int = 1, "
    "cluster_axis: int | None = None, wide: bool = False) -> t.Tensor\n"
)


def places(*values: Value) -> dict[str, Value]:
    return {f"arg{position}": value for position, value in enumerate(values)}


def test_the_overload_is_chosen_by_type() -> None:
    assert bind(places(TENSOR, OTHER), ADD).keywords == {"a": TENSOR, "b": OTHER}
    assert bind(places(TENSOR, 2), ADD).keywords == {"a": TENSOR, "b": 2.0}
    assert bind(places(TENSOR, True), ADD).keywords == {"a": TENSOR, "b": True}  # noqa: FBT003 - as a model may
    assert bind(places(TENSOR, ((0, 0), (0, 1)), 0, 1), PAD).keywords == {
        "x": TENSOR,
        "padding": ((0, 0), (0, 1)),
        "value": 0.0,
        "fast": True,
    }
    assert bind(places(TENSOR, (1, 1, 64, 64), (0, 0, 0, 0), 0), PAD).keywords["shape"] == (1, 1, 64, 64)


def test_a_shape_can_be_a_list_of_ints_and_a_list_becomes_a_shape_where_nothing_else_takes_it() -> None:
    sizes = parse_overloads(
        "__call__(self, x: t.Tensor, size: t.Shape) -> t.Tensor\n"
        "__call__(self, x: t.Tensor, lengths: Sequence[int]) -> t.Tensor\n"
    )
    assert bind(places(TENSOR, (2, -1)), sizes).keywords["lengths"] == (2, -1)
    assert bind(places(TENSOR, Shape((2, 3))), sizes[1:]).keywords["lengths"] == Shape((2, 3))
    assert bind(places(TENSOR, (2, -1)), sizes[:1]).keywords["size"] == (2, -1)
    with pytest.raises(Unbindable, match="size"):
        bind(places(TENSOR, (2, 0.5)), sizes[:1])


def test_arguments_are_passed_in_the_position_that_they_were_traced_in() -> None:
    slices = parse_overloads(
        "__call__(self, x: t.Tensor, starts: Sequence[int], ends: Sequence[int], *, pad: float | None = None) -> t\n"
        "__call__(self, x: t.Tensor, begin: Sequence[int], end: Sequence[int]) -> t\n"
    )
    assert bind(places(TENSOR, (0, 0), (1, 1)), slices).by_position == ("x", "starts", "ends")
    named = bind({**places(TENSOR), "begin": (0, 0), "end": (1, 1)}, slices)
    assert (named.by_position, list(named.keywords)) == (("x",), ["begin", "end", "x"])
    moved = parse_overloads("__call__(self, ends: Sequence[int], starts: Sequence[int], x: t.Tensor) -> t\n")
    assert bind(places(TENSOR, (0,), (1,)), moved, names=("x", "starts", "ends")).by_position == ()


def test_keywords_keep_their_names_and_wrong_ones_are_refused() -> None:
    call = bind({"arg0": TENSOR, "b": OTHER, "dtype": EnumMember("DataType", "BFLOAT16")}, ADD)
    assert call.keywords == {"a": TENSOR, "b": OTHER, "dtype": EnumMember("DataType", "BFLOAT16")}
    assert call.inexact == ()
    with pytest.raises(Unbindable, match="this ttnn has no parameter bias"):
        bind({"arg0": TENSOR, "arg1": OTHER, "bias": OTHER}, ADD)
    with pytest.raises(Unbindable, match="dtype takes .*DataType"):
        bind({"arg0": TENSOR, "arg1": OTHER, "dtype": EnumMember("Layout", "TILE")}, ADD)


def test_an_argument_out_of_its_position_is_bound_by_type() -> None:
    """C++ has memory_config before output_tensor here, Python after."""
    call = bind(
        places(TENSOR, OTHER, EnumMember("", "GENERIC"), DRAM, None), EMBEDDING, lambda _: frozenset({"GENERIC"})
    )
    assert call.keywords == {
        "x": TENSOR,
        "weight": OTHER,
        "kind": EnumMember("EmbeddingsType", "GENERIC"),
        "memory_config": DRAM,
    }
    assert call.inexact == ()


def test_a_bare_word_must_be_a_member_of_the_parameters_enum() -> None:
    with pytest.raises(Unbindable):
        bind(
            {"arg0": TENSOR, "arg1": OTHER, "kind": EnumMember("", "NONE")}, EMBEDDING, lambda _: frozenset({"GENERIC"})
        )


def test_an_argument_that_no_parameter_takes_is_left_out_and_named() -> None:
    call = bind(places(TENSOR, 3, (Lost("{...}"), Lost("{...}")), 1, None, 0, 7), GATHER)
    assert call.inexact == ("arg6: this ttnn has no other parameter that takes 7, left out",)
    assert "cluster_axis" not in call.keywords or call.keywords["cluster_axis"] is None


HEADS = parse_overloads(
    "__call__(self, x: t.Tensor, *, heads: int, outputs: Sequence[t.Tensor] | None = None, overlap: bool = True, "
    "offset: t.Tensor | None = None, size: int | None = None, memory: t.MemoryConfig | None = None) -> t.Tensor\n"
)


def test_a_number_is_that_of_the_parameter_that_cpp_would_not_leave_empty() -> None:
    """C++ has `overlap` before `offset`, and the outputs last."""
    known = Known(tuple(HEADS), lambda _: None)
    call = bind(places(TENSOR, 16, 1, None, None, DRAM, None), HEADS, known=known)
    assert call.inexact == ()
    assert {"heads": 16, "overlap": True, "memory": DRAM}.items() <= call.keywords.items()
    early = bind(places(TENSOR, 16, DRAM, None, 0, None, None), HEADS, known=known)
    assert {"heads": 16, "overlap": False, "memory": DRAM}.items() <= early.keywords.items()
    one_more = bind(places(TENSOR, 16, 1, None, None, DRAM, None, 3), HEADS, known=known)
    assert one_more.inexact == ("arg7: ttnn 0.66.0 has no other parameter that takes 3, left out",)
    lost = bind(places(TENSOR, 16, None, 0, None, None, DRAM, Lost("?")), HEADS)
    assert lost.inexact == ("arg7: lost in the trace, left out",)


def test_semaphores_are_new_and_not_inexact() -> None:
    call = bind(places(TENSOR, 3, (Lost("{...}"), Lost("{...}"))), GATHER)
    assert call.keywords["semaphores"] == (Handle("GlobalSemaphore"), Handle("GlobalSemaphore"))
    assert call.inexact == ()


def test_a_lost_argument_is_left_to_its_default_and_named() -> None:
    call = bind(places(TENSOR, OTHER, Lost("[ unsupported type , DataType]", "DataType")), ADD)
    assert call.keywords == {"a": TENSOR, "b": OTHER}
    assert call.inexact == ("arg2 (dtype): lost in the trace, left to its default",)


def test_a_call_without_a_required_argument_is_refused() -> None:
    with pytest.raises(LostArgument, match="x was lost"):
        bind({"x": Lost("?"), "weight": OTHER}, EMBEDDING)


def test_a_tensor_without_a_dtype_counts_as_lost() -> None:
    with pytest.raises(LostArgument):
        bind({"arg0": Tensor((32, 32), "", "TILE"), "arg1": TENSOR}, ADD)


def test_defaults_for_what_early_traces_lack_are_named() -> None:
    early = Tensor((32, 32), "BFLOAT16", "", "")
    whole, notes = complete({"arg0": early, "arg1": (early, 3), "arg2": TENSOR})
    taken = Tensor((32, 32), "BFLOAT16", "TILE", "DEVICE")
    assert whole == {"arg0": taken, "arg1": (taken, 3), "arg2": TENSOR}
    assert notes == (
        "arg0: storage is not in the trace, DEVICE is assumed",
        "arg0: layout is not in the trace, TILE is assumed",
        "arg1: storage is not in the trace, DEVICE is assumed",
        "arg1: layout is not in the trace, TILE is assumed",
    )


def test_an_ambiguous_call_is_refused() -> None:
    two = parse_overloads(
        "__call__(self, x: t.Tensor, *, m: t.MemoryConfig | None = None, n: t.MemoryConfig | None = None) -> t.Tensor\n"
    )
    with pytest.raises(Unbindable, match="arg3 could be m, n"):
        bind(places(TENSOR, None, None, DRAM), two)


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(Unbindable, match="b is missing"):
        bind(places(TENSOR), ADD)


def test_arguments_are_known_by_their_parameters() -> None:
    by_place = parse_overloads("__call__(self, x: t.Tensor, /, parts: Sequence[t.Tensor], scale: float) -> t.Tensor\n")
    call = bind(places(TENSOR, (OTHER, OTHER), 2), by_place)
    assert (call.positional, call.positional_names) == ((TENSOR,), ["x"])
    assert call.by_parameter == {"x": TENSOR, "parts": (OTHER, OTHER), "scale": 2.0}
    assert [call.parameter_at(place) for place in ("arg0", "arg1[1]", "bias")] == ["x", "parts[1]", "bias"]
    unknown = bind(places(TENSOR, None), ())
    assert unknown.positional_names == ["arg0", "arg1"]
    assert unknown.by_parameter == {"arg0": TENSOR}


def test_without_signatures_the_call_is_made_as_traced() -> None:
    call = bind({"arg0": TENSOR, "arg1": Shape((1,)), "dim": 2, "extra": Lost("?")}, [])
    assert call.positional == (TENSOR, Shape((1,)))
    assert call.keywords == {"dim": 2}
    assert call.inexact == ("extra: lost in the trace, left to its default",)
    with pytest.raises(LostArgument):
        bind({"arg0": Lost("?")}, [])


def test_one_compute_kernel_config_serves_every_architecture() -> None:
    norm = parse_overloads(
        "__call__(self, x: t.Tensor, *, c: a.XComputeKernelConfig | a.YComputeKernelConfig = None) -> t.Tensor\n"
    )
    config = Struct("BlackholeComputeKernelConfig", (("math_fidelity", EnumMember("MathFidelity", "HiFi2")),))
    assert bind(places(TENSOR, config), norm).keywords["c"] == config
    with pytest.raises(Unbindable):
        bind(
            places(TENSOR, Struct("SDPAProgramConfig", ())),
            parse_overloads("__call__(self, x: t.Tensor, c: t.Other) -> t.Tensor\n"),
        )


def test_activations_are_accepted_in_every_form_that_ttnn_accepts() -> None:
    gelu = parse_overloads("__call__(self, x: t.Tensor, *, fused: Sequence[t.EltwiseUnaryWithParam] = []) -> t.Tensor")
    relu = EnumMember("UnaryOpType", "RELU")
    forms: list[Value] = [relu, (relu, 0.5), Struct("UnaryWithParam", (("op_type", relu), ("param", (1.0,))))]
    assert bind({"arg0": TENSOR, "fused": tuple(forms)}, gelu).keywords["fused"] == tuple(forms)
    for wrong in (1.0, EnumMember("DataType", "UINT8"), (relu, relu), (0.5, relu)):
        with pytest.raises(Unbindable, match="fused"):
            bind({"arg0": TENSOR, "fused": (wrong,)}, gelu)


OLD = parse_overloads(
    "__call__(self, x: t.Tensor, y: t.Tensor, *, dtype: t.DataType | None = None, buffers: int | None = None, "
    "chunks: int | None = None, legacy: bool | None = None, mode: t.Mode = Mode.CACHE) -> t.Tensor\n"
)
NEW = parse_overloads(
    "__call__(self, a: t.Tensor, y: t.Tensor, *, wide: bool = False, chunks: int | None = None, "
    "buffers: int | None = None, dtype: t.DataType | None = None, tile_mode: t.Mode = Mode.CACHE) -> t.Tensor\n"
)
DEFAULTS: dict[str, Default] = {"legacy": Default(None, "1.0"), "mode": Default(EnumMember("Mode", "CACHE"), "1.0")}
KNOWN = Known(tuple(OLD), DEFAULTS.get)
BFLOAT16 = EnumMember("DataType", "BFLOAT16")
CACHE = EnumMember("", "CACHE")
LEGACY = LeftOut("arg5 (legacy)", "legacy", None, "1.0")


def modes(enum: str) -> frozenset[str] | None:
    return frozenset({"CACHE", "RECREATE"}) if enum == "Mode" else None


def test_arguments_of_c_plus_plus_are_named_by_the_order_of_their_time() -> None:
    """By position, `buffers` and `chunks` would change places, since the types of both fit."""
    traced = places(TENSOR, OTHER, None, 10, 2, None, CACHE)
    call = bind(traced, NEW, modes, known=KNOWN)
    assert call.keywords == {
        "a": TENSOR,
        "y": OTHER,
        "buffers": 10,
        "chunks": 2,
        "dtype": None,
        "tile_mode": EnumMember("Mode", "CACHE"),
    }
    assert call.inexact == ()
    assert call.left_out == (LEGACY,)
    same = bind(traced, OLD, modes, known=KNOWN)
    assert (same.keywords["buffers"], same.keywords["chunks"], same.left_out) == (10, 2, ())
    assert bind(traced, OLD, modes) == same


def test_what_no_parameter_ever_took_stays_inexact() -> None:
    call = bind(places(TENSOR, OTHER, None, 10, 2, None, CACHE, 7), NEW, modes, known=KNOWN)
    assert call.inexact == ("arg7: ttnn 0.66.0 has no parameter that takes 7, left out",)
    assert (call.keywords["buffers"], call.keywords["chunks"]) == (10, 2)


def test_named_positions_go_to_the_parameters_of_those_names() -> None:
    moved = parse_overloads("__call__(self, x: t.Tensor, steps: int, starts: int = 0) -> t.Tensor\n")
    call = bind(places(TENSOR, 3, 4), moved, names=("x", "starts", "steps"))
    assert call.keywords == {"x": TENSOR, "starts": 3, "steps": 4}
    assert bind(places(TENSOR, 3, 4), moved).keywords == {"x": TENSOR, "steps": 3, "starts": 4}
    with pytest.raises(Unbindable, match=r"arg1 \(starts\) takes int, not Tensor"):
        bind(places(TENSOR, TENSOR, 4), moved, names=("x", "starts", "steps"))
    with pytest.raises(Unbindable, match=r"arg1 \(steps\) is there by position and by name"):
        bind({**places(TENSOR, 3), "steps": 4}, moved, names=("x", "steps"))


def test_a_renamed_parameter_is_known_by_its_position_or_its_type() -> None:
    call = bind({**places(TENSOR, OTHER), "dtype": BFLOAT16}, NEW, names=("x", "y"))
    assert call.keywords == {"a": TENSOR, "y": OTHER, "dtype": BFLOAT16}
    two = parse_overloads(
        "__call__(self, x: t.Tensor, *, m: t.MemoryConfig | None = None, n: t.MemoryConfig | None = None) -> t.Tensor\n"
    )
    one = parse_overloads("__call__(self, x: t.Tensor, *, m: t.MemoryConfig | None = None) -> t.Tensor\n")
    assert bind(places(TENSOR, DRAM), one, names=("x", "memory")).keywords == {"x": TENSOR, "m": DRAM}
    with pytest.raises(Unbindable, match=r"this ttnn has no parameter memory; arg1 \(memory\) could be m, n"):
        bind(places(TENSOR, DRAM), two, names=("x", "memory"))


def test_a_parameter_that_this_ttnn_lacks_is_left_out_only_with_its_default() -> None:
    positions: dict[str, Value] = {"arg0": TENSOR, "arg1": OTHER}
    call = bind({**positions, "legacy": None}, NEW, known=KNOWN)
    assert call.left_out == (LeftOut("legacy", "legacy", None, "1.0"),)
    assert str(call.left_out[0]) == "legacy: None, the default with ttnn 1.0; this ttnn has none such"
    with pytest.raises(Unbindable, match="no parameter legacy, and True is not its default with ttnn 1.0, None"):
        bind({**positions, "legacy": True}, NEW, known=KNOWN)
    with pytest.raises(Unbindable, match="this ttnn has no parameter unheard_of$"):
        bind({**positions, "unheard_of": None}, NEW, known=KNOWN)
    with pytest.raises(Unbindable):  # another overload has it, and doesn't take the rest
        bind(
            {**positions, "scale": None},
            [*NEW, *parse_overloads("__call__(self, a: int, scale: float | None = None) -> t.Tensor\n")],
            known=Known((), {"scale": Default(None, "1.0")}.get),
        )


def test_a_lost_argument_of_a_parameter_that_is_gone_is_inexact() -> None:
    call = bind(places(TENSOR, OTHER, None, 10, 2, Lost("?"), CACHE), NEW, modes, known=KNOWN)
    assert call.inexact == ("arg5 (legacy): lost in the trace, and this ttnn has no such parameter",)


def test_an_empty_collection_is_what_its_parameter_takes() -> None:
    takes = parse_overloads(
        "__call__(self, x: t.Tensor, *, grids: t.CoreRangeSet | None = None, shape: t.Shape | None = None, "
        "sizes: Sequence[int] | None = None, coords: Set[t.MeshCoordinate] | None = None, mode: str = '', "
        "options: dict | None = None) -> t.Tensor\n"
    )
    empty = dict.fromkeys(("grids", "shape", "sizes", "coords", "mode", "options"), ())
    bound = bind({**places(TENSOR), **empty}, takes)
    assert bound.keywords == {
        "x": TENSOR,
        "grids": CoreRangeSet(()),
        "shape": Shape(()),
        "sizes": (),
        "coords": ValueSet(()),
        "mode": "",
        "options": Mapping(()),
    }
    assert bound.inexact == ()


def test_a_set_and_what_c_plus_plus_prints_of_one() -> None:
    takes = parse_overloads("__call__(self, x: t.Tensor, coords: Set[t.MeshCoordinate] | None = None) -> t.Tensor\n")
    first, second = (Struct("MeshCoordinate", (("coords", (0, column)),)) for column in (0, 1))
    coords = ValueSet.of((second, first))
    for value in (coords, (first, second), (second, first)):
        assert bind(places(TENSOR, value), takes).keywords["coords"] == coords
    with pytest.raises(Unbindable, match="not set of 1"):
        bind(places(TENSOR, ValueSet.of((3,))), takes)


def test_an_optional_that_c_plus_plus_printed_as_empty_is_none() -> None:
    takes = parse_overloads(
        "__call__(self, x: t.Tensor, y: t.Tensor | None = None, sizes: Sequence[int] = []) -> t.T\n"
    )
    bound = bind(places(TENSOR, (), ()), takes)
    assert ("y" in bound.keywords, bound.keywords["sizes"], bound.inexact) == (False, (), ())
    assert bind({**places(TENSOR), "y": ()}, takes).keywords == {"x": TENSOR}
    # in the order of C++, which need not be this one
    concat = parse_overloads(
        "__call__(self, x: t.Tensor, *, output: t.Tensor | None = None, memory_config: t.MemoryConfig | None = None, "
        "grids: t.CoreRangeSet | None = None) -> T\n"
    )
    assert bind(places(TENSOR, DRAM, ()), concat).keywords == {"x": TENSOR, "memory_config": DRAM}
