"""The table of inputs: the domain of an operation's parameter, as the rest of the call bounds it."""

from __future__ import annotations

from typing import Any

import pytest

from farm.judging.call_facts import CallFacts
from farm.judging.input_domains import (
    Angles,
    Bits,
    Choices,
    Distinct,
    Domain,
    Fractions,
    Grid,
    GroupMask,
    Indices,
    Integers,
    Listed,
    Magnitudes,
    Mask,
    NonFinite,
    Once,
    Part,
    Positions,
    Reals,
    Rotation,
    Sparsity,
    Specials,
    Stale,
    Sums,
)
from farm.judging.input_rules import domain_of
from tracer.values import EnumMember, Struct, Tensor

BF16 = Tensor((1, 1, 32, 64), "BFLOAT16", "TILE")
BFP8 = Tensor((1, 1, 32, 64), "BFLOAT8_B", "TILE")
INT32 = Tensor((32,), "INT32", "ROW_MAJOR")


def domain(operation: str, parameter: str, **arguments: Any) -> Domain:
    """The domain of one of the tensors that a call gets."""
    value = arguments[parameter]
    tensor = value[0] if isinstance(value, tuple) else value
    return domain_of(CallFacts(f"ttnn.{operation}", arguments, "wormhole_b0"), parameter, tensor)


@pytest.mark.parametrize("operation", ["sqrt", "rsqrt", "log", "log2", "log10", "lgamma", "digamma", "polygamma"])
@pytest.mark.parametrize("suffix", ["", "_bw"])
def test_numbers_are_positive_where_they_must_be(operation: str, suffix: str) -> None:
    found = domain(operation + suffix, "input_tensor", input_tensor=BF16)
    assert isinstance(found, Magnitudes)
    assert not found.signed
    assert found.low > 0


@pytest.mark.parametrize(
    ("operation", "low", "high"),
    [
        ("asin", -1, 1),
        ("acos", -1, 1),
        ("atanh", -0.99, 0.99),
        ("erfinv", -0.99, 0.99),
        ("logit", 0.01, 0.99),
        ("tan", -1.5, 1.5),
        ("exp", -80, 80),
        ("cosh", -80, 80),
        ("log1p", -0.99, 1e4),
        ("bernoulli", 0, 1),
    ],
)
def test_numbers_are_in_the_range_of_the_function(operation: str, low: float, high: float) -> None:
    parameter = "input" if operation == "bernoulli" else "input_tensor"
    found = domain(operation, parameter, **{parameter: BF16})
    assert isinstance(found, Reals)
    assert low <= found.low < found.high <= high


@pytest.mark.parametrize("operation", ["reciprocal", "rdiv"])
def test_what_is_divided_by_is_not_zero(operation: str) -> None:
    found = domain(operation, "input_tensor", input_tensor=BF16)
    assert isinstance(found, Magnitudes)
    assert found.signed
    for name in ("div", "divide_"):
        assert isinstance(domain(name, "input_tensor_b", input_tensor_a=BF16, input_tensor_b=BF16), Magnitudes)


@pytest.mark.parametrize("operation", ["floor", "ceil", "trunc", "round", "frac", "floor_bw"])
def test_what_is_rounded_is_away_from_where_rounding_flips(operation: str) -> None:
    assert domain(operation, "input_tensor", input_tensor=BF16) == Fractions()
    assert domain("round", "input_tensor", input_tensor=BF16, decimals=1) == Fractions(unit=0.1)
    assert domain("remainder", "input_tensor_a", input_tensor_a=BF16, input_tensor_b=3.0) == Fractions(unit=3.0)


def test_no_quotient_of_a_remainder_is_whole() -> None:
    arguments = {"input_tensor_a": BF16, "input_tensor_b": BF16}
    dividends = domain("remainder", "input_tensor_a", **arguments)
    divisors = domain("remainder", "input_tensor_b", **arguments)
    assert isinstance(dividends, Grid)
    assert isinstance(divisors, Choices)
    for steps in range(-dividends.count, dividends.count + 1):
        dividend = dividends.around + steps * dividends.step
        quotients = [dividend / divisor for divisor in divisors.values]
        assert all(abs(each - round(each)) > 0.01 for each in quotients)


@pytest.mark.parametrize(
    ("scalar", "equal"), [(0.0, True), (0.5, True), (-3, True), (0.1, False), (7.3, False), (2.0**20, True)]
)
def test_compared_numbers_equal_a_scalar_only_if_every_dtype_holds_it(scalar: float, equal: bool) -> None:
    found = domain("eq", "input_tensor_a", input_tensor_a=BF16, input_tensor_b=scalar)
    assert isinstance(found, Grid)
    steps = [found.around + step * found.step for step in range(-found.count, found.count + 1)]
    assert (scalar in steps) == equal
    assert all(step == scalar or abs(step - scalar) > 0.05 for step in steps)


def test_numbers_stay_away_from_the_scalars_where_a_function_jumps() -> None:
    found = domain("hardshrink", "input_tensor", input_tensor=BF16, lambd=0.75)
    assert isinstance(found, Reals)
    assert {0.75, -0.75} <= set(found.avoid)


@pytest.mark.parametrize(
    ("operation", "arguments", "parameter", "expected"),
    [
        (
            "embedding",
            {"input_tensor": INT32, "weight": Tensor((1000, 64), "BFLOAT16", "TILE")},
            "input_tensor",
            Indices(1000),
        ),
        ("gather", {"input": BF16, "dim": -1, "index": BF16}, "index", Indices(64)),
        ("scatter", {"input": BF16, "dim": 2, "index": BF16, "src": BF16}, "index", Indices(32, Once.ALONG, -2)),
        ("index_fill", {"input": BF16, "dim": 3, "index": INT32}, "index", Indices(64, Once.TENSOR)),
        ("topk", {"input_tensor": BF16, "k": 32}, "input_tensor", Distinct(-1)),
        ("topk", {"input_tensor": BF16, "k": 32, "indices_tensor": BF16}, "indices_tensor", Positions(-1)),
        ("argmax", {"input_tensor": BF16, "dim": 3}, "input_tensor", Distinct(-1)),
        ("argmax", {"input_tensor": BF16}, "input_tensor", Distinct(None)),
        ("bitwise_and", {"input_tensor_a": INT32, "input_tensor_b": INT32}, "input_tensor_b", Bits()),
        ("bitwise_left_shift", {"input_tensor_a": INT32, "input_tensor_b": INT32}, "input_tensor_b", Integers(0, 31)),
        ("isnan", {"input_tensor": BF16}, "input_tensor", NonFinite()),
        ("transformer.attention_softmax_", {"tensor": BF16, "attention_mask": BF16}, "attention_mask", Mask()),
        ("scale_mask_softmax", {"input_tensor": BF16, "mask": BF16, "is_causal_mask": 1}, "mask", Mask(causal=True)),
        ("sparse_matmul", {"input_tensor_a": BF16, "sparsity": BF16, "nnz": 7}, "sparsity", Sparsity(7)),
        ("group_norm", {"input_tensor": BF16, "num_groups": 8, "input_mask": BF16}, "input_mask", GroupMask(8)),
        ("rms_norm_post_all_gather", {"input_tensor": BF16, "stats": BF16}, "stats", Sums(64, plain=False)),
        ("layer_norm_post_all_gather", {"input_tensor": BF16, "stats": BF16}, "stats", Sums(64, plain=True)),
        ("batch_norm", {"input": BF16, "running_var": BF16}, "running_var", Magnitudes(0.5, 2)),
        ("experimental.rotary_embedding", {"cos_cache": BF16}, "cos_cache", Angles(Part.COS, adjacent=False)),
        ("experimental.rotary_embedding_llama", {"sin_cache": BF16}, "sin_cache", Angles(Part.SIN, adjacent=True)),
        ("experimental.rotary_embedding_llama", {"trans_mat": BF16}, "trans_mat", Rotation()),
        ("quantize", {"input_tensor": BF16, "scale": 0.5}, "input_tensor", Fractions(unit=0.5, count=16)),
    ],
)
def test_what_a_parameter_is_for_decides_its_numbers(
    operation: str, arguments: dict[str, Any], parameter: str, expected: Domain
) -> None:
    assert domain(operation, parameter, **arguments) == expected


def test_pages_and_positions_fit_the_cache() -> None:
    cache = Tensor((1024, 8, 32, 128), "BFLOAT8_B", "TILE")
    arguments = {
        "cache_tensor": cache,
        "input_tensor": BF16,
        "page_table": Tensor((32, 16), "INT32", "ROW_MAJOR"),
        "update_idxs_tensor": INT32,
    }
    assert domain("experimental.paged_update_cache", "page_table", **arguments) == Indices(1024, Once.TENSOR)
    positions = Indices(16 * 32, Once.TENSOR)
    assert domain("experimental.paged_update_cache", "update_idxs_tensor", **arguments) == positions
    attention = {
        "input_tensor_q": Tensor((1, 32, 32, 128), "BFLOAT16", "TILE"),
        "input_tensor_k": cache,
        "page_table_tensor": arguments["page_table"],
        "cur_pos_tensor": INT32,
        "chunk_start_idx_tensor": INT32,
    }
    assert domain("transformer.paged_scaled_dot_product_attention_decode", "cur_pos_tensor", **attention) == positions
    start = domain("transformer.chunked_scaled_dot_product_attention", "chunk_start_idx_tensor", **attention)
    assert start == Listed((480,))


@pytest.mark.parametrize(
    ("operation", "parameter"),
    [
        ("add", "output_tensor"),
        ("sort", "out"),
        ("moreh_sum", "output"),
        ("linear", "optional_output_tensor"),
        ("exp_bw", "input_grad"),
        ("moreh_adam", "param_out"),
        ("interleaved_to_sharded", "preallocated_output"),
        ("experimental.all_gather_async", "persistent_output_buffer"),
        ("experimental.nlp_create_qkv_heads", "output_tensors"),
        ("copy", "input_b"),
    ],
)
def test_an_output_holds_a_pattern_before(operation: str, parameter: str) -> None:
    assert domain(operation, parameter, **{parameter: BF16}) == Stale()


@pytest.mark.parametrize(
    ("operation", "parameter"),
    [
        ("moreh_softmax_backward", "output_tensor"),
        ("moreh_norm_backward", "output"),
        ("moreh_sum_backward", "output_grad"),
        ("exp_bw", "grad_tensor"),
        ("experimental.slice_write", "output_tensor"),
    ],
)
def test_an_input_that_is_named_like_an_output_is_none(operation: str, parameter: str) -> None:
    assert domain(operation, parameter, **{parameter: BF16}) != Stale()


def test_numbers_that_are_only_moved_have_all_magnitudes_unless_blocks_share_exponents() -> None:
    assert domain("reshape", "input_tensor", input_tensor=BF16) == Reals(specials=Specials.WIDE)
    assert domain("reshape", "input_tensor", input_tensor=BFP8) == Reals(specials=Specials.MODERATE)
    to_blocks = {"input_tensor": BF16, "dtype": EnumMember("DataType", "BFLOAT8_B")}
    assert domain("tilize", "input_tensor", **to_blocks) == Reals(specials=Specials.MODERATE)
    assert domain("concat", "tensors", tensors=(BF16, BF16)) == Reals(specials=Specials.WIDE)


@pytest.mark.parametrize(
    ("source", "to", "expected"),
    [
        ("BFLOAT16", "UINT16", Fractions(halves=False, signed=False)),
        ("FLOAT32", "INT32", Fractions(halves=False)),
        ("UINT16", "BFLOAT16", Integers(-256, 256)),
        ("INT32", "UINT16", Integers(0, 65535)),
        ("UINT32", "INT32", Integers(-(2**31) + 1, 2**31 - 1)),
        ("BFLOAT16", "FLOAT32", Reals(specials=Specials.WIDE)),
    ],
)
def test_a_change_of_dtype_gets_what_both_dtypes_hold(source: str, to: str, expected: Domain) -> None:
    tensor = Tensor((32, 32), source, "TILE")
    assert domain("typecast", "input_tensor", input_tensor=tensor, dtype=EnumMember("DataType", to)) == expected


def test_weights_are_scaled_by_the_terms_of_their_sums() -> None:
    def deviation(operation: str, parameter: str, shape: tuple[int, ...], **others: Any) -> float:
        found = domain(operation, parameter, **{parameter: Tensor(shape, "BFLOAT16", "TILE")}, **others)
        assert isinstance(found, Reals)
        return found.deviation**-2

    assert deviation("matmul", "input_tensor_b", (4096, 64)) == pytest.approx(4096)
    assert deviation("linear", "input_tensor_b", (64, 4096), transpose_b=True) == pytest.approx(4096)
    assert deviation("conv2d", "weight_tensor", (64, 16, 3, 3)) == pytest.approx(16 * 9)
    assert deviation("conv2d", "weight_tensor", (1, 1, 144, 64)) == pytest.approx(144)
    assert deviation("conv_transpose2d", "weight_tensor", (64, 32, 2, 2), stride=(2, 2)) == pytest.approx(64)


def test_weights_are_numbers_that_the_convolution_s_own_dtype_holds() -> None:
    weight = Tensor((64, 16, 3, 3), "FLOAT32", "ROW_MAJOR", "HOST", None)
    config = Struct("Conv2dConfig", (("weights_dtype", EnumMember("DataType", "BFLOAT8_B")),))
    for parameter in ("weight_tensor", "bias_tensor"):
        found = domain("conv2d", parameter, conv_config=config, **{parameter: weight})
        assert isinstance(found, Reals)
        assert found.becomes == "BFLOAT8_B"


def test_an_activation_inside_a_call_needs_numbers_of_its_domain() -> None:
    def activation(name: str) -> tuple[Struct, ...]:
        return (Struct("UnaryWithParam", (("op_type", EnumMember("UnaryOpType", name)),)),)

    inputs = {"input_tensor_a": BF16, "input_tensor_b": BF16}
    before = {**inputs, "input_tensor_a_activations": activation("LOG")}
    assert isinstance(domain("multiply", "input_tensor_a", **before), Magnitudes)
    assert domain("multiply", "input_tensor_b", **before) == domain("multiply", "input_tensor_b", **inputs)
    for parameter in inputs:
        assert isinstance(domain("add_", parameter, **inputs, activations=activation("SQRT")), Magnitudes)
        assert isinstance(domain("add_", parameter, **inputs, activations=activation("RELU")), Reals)


@pytest.mark.parametrize(("operation", "sign"), [("max", -1), ("min", 1)])
def test_zeros_of_a_padding_would_be_found(operation: str, sign: int) -> None:
    padded = Tensor((1, 1, 30, 64), "BFLOAT16", "TILE")
    found = domain(operation, "input_tensor", input_tensor=padded)
    assert isinstance(found, Reals)
    assert sign * (found.low if sign > 0 else found.high) > 0
    assert domain(operation, "input_tensor", input_tensor=BF16) == Reals()
    assert domain("argmax", "input_tensor", input_tensor=padded, dim=-2) == Distinct(-2, negative=True)
    rows = Tensor((1, 1, 30, 64), "BFLOAT16", "ROW_MAJOR")
    assert domain("argmax", "input_tensor", input_tensor=rows, dim=-2) == Distinct(-2)


def test_a_dimension_that_is_not_there_is_left_to_the_operation() -> None:
    assert domain("topk", "input_tensor", input_tensor=BF16, dim=4) == Distinct(-1)
    assert isinstance(domain("prod", "input_tensor", input_tensor=BF16, dim=-5), Magnitudes)
    assert domain("gather", "index", input=BF16, dim=9, index=BF16) == Indices(1)


def test_a_divisor_behind_an_activation_is_positive() -> None:
    relu = (Struct("UnaryWithParam", (("op_type", EnumMember("UnaryOpType", "RELU")),)),)
    inputs = {"input_tensor_a": BF16, "input_tensor_b": BF16, "input_tensor_b_activations": relu}
    assert domain("div", "input_tensor_b", **inputs) == Magnitudes(2**-4, 2**4)
    divisors = domain("remainder", "input_tensor_b", **inputs)
    assert isinstance(divisors, Choices)
    assert min(divisors.values) > 0


def test_what_no_row_knows_is_drawn_from_a_normal_distribution() -> None:
    assert domain("a_new_one", "input_tensor", input_tensor=BF16) == Reals()
