"""The table of inputs: which domain the numbers of each operation's parameters are drawn from.

The rows are read from the top: the first one whose operation and parameter fit decides. An operation is matched without
its namespace and without the `_` of operations in place: `ttnn.transformer.attention_softmax_` is `attention_softmax`.
A row of an operation counts for its `_bw`, too, unless that has a row of its own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from farm.judging import input_indices as indices
from farm.judging import input_operands as operands
from farm.judging.call_facts import CallFacts
from farm.judging.input_domains import (
    Angles,
    Bits,
    Choices,
    Distinct,
    Domain,
    Grid,
    Integers,
    Magnitudes,
    NonFinite,
    Once,
    OneHot,
    Part,
    Positions,
    Probabilities,
    Reals,
    Reciprocals,
    Rotation,
    Specials,
    Stale,
    Triangle,
)
from farm.judging.input_indices import IndicesInto
from farm.judging.input_operation_names import COLLECTIVES, CONVOLUTIONS, ELEMENTWISE, MATMULS, MOVEMENTS
from tracer.values import EnumMember, Tensor

Rule = Domain | Callable[[CallFacts, str, Tensor], Domain]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table.

    Attributes:
        operations, parameters: patterns, any of which fits; separated by spaces.
        rule: the domain, or what finds it by the call.
    """

    operations: str
    parameters: str
    rule: Rule


_FIRST = "input_tensor_a input_a input_tensor input"
_SECOND = "input_tensor_b input_b other other_tensor input_tensor_b"
_ALL = "*"
_ELEMENTWISE = Reals(specials=Specials.MODERATE)
_WIDER = Reals(deviation=2.0, specials=Specials.MODERATE)
_POSITIVE = Magnitudes(2**-7, 2**7)
_NOT_ONE = Magnitudes(2**-7, 2**7, avoid=(1.0,))
_NOT_ZERO = Magnitudes(2**-4, 2**4, signed=True)
_EXPONENTS = Reals(-8, 8, deviation=2.0, specials=Specials.MODERATE)
_GAIN = Reals(mean=1.0, deviation=0.25)
_SHIFT = Reals(deviation=0.5)

OUTPUTS = (
    Row("slice_write padded_slice", "output_tensor", _ELEMENTWISE),  # what isn't written stays
    Row("moreh_logsoftmax_backward", "output_tensor", Reals(-16, -0.01, mean=-4.0)),
    Row("moreh_*softm*_backward", "output_tensor", Probabilities()),
    Row("moreh_norm_backward", "output", Magnitudes(0.5, 8)),
    Row("moreh_group_norm moreh_layer_norm", "mean rstd", Stale()),
    Row("moreh_clip_grad_norm", "total_norm", Stale()),
    Row("moreh_nll_loss", "divisor_tensor", Stale()),
    Row("copy assign", "input_b", Stale()),
    Row("copy_host_to_device_tensor*", "device_tensor", Stale()),
    Row("copy_device_to_host_tensor", "host_tensor", Stale()),
    Row("fused_rms_minimal", "stats", Stale()),
    Row("uniform bernoulli", "output", Stale()),
    Row("uniform", "input", Stale()),
    Row(
        _ALL,
        "output output_tensor output_tensor_? output_tensors out *_out optional_output_tensor* "
        "optional_output_*_tensor optional_rs_output_tensor optional_tensor preallocated_* persistent_* "
        "intermediate_* buffer_tensor halo_buffer input_grad other_grad input_?_grad input_grad_tensor gamma_grad "
        "beta_grad mat2_grad weight_grad bias_grad",
        Stale(),
    ),
)

INDICES = (
    Row("embedding embedding_bw", "input_tensor", IndicesInto(("weight", "weight_tensor"), -2)),
    Row("gather", "index", IndicesInto(("input",), None)),
    Row("scatter scatter_add", "index", IndicesInto(("input",), None, Once.ALONG)),
    Row("tosa_gather", "index", IndicesInto(("input",), 1)),
    Row("tosa_scatter", "index", IndicesInto(("input",), 1, Once.ALONG)),
    Row("index_fill index_fill_new", "index", IndicesInto(("input",), None, Once.TENSOR)),
    Row("indexed_fill", "batch_id", IndicesInto(("input_tensor_a",), 0, Once.TENSOR)),
    Row("moreh_getitem", "index_tensors", IndicesInto(("input",), 0)),
    Row("moreh_nll_loss*", "target_tensor", indices.classes),
    Row("topk", "indices_tensor", Positions()),
    Row("sampling", "input_indices_tensor", Positions()),
    Row("sampling", "k", Integers(1, 32)),
    Row("sampling", "p", Reals(0.5, 0.95, mean=0.8, deviation=0.1)),
    Row("sampling", "temp", Reals(0.5, 1.5, mean=1.0, deviation=0.25)),
    Row("manual_seed", "seeds user_ids", Positions()),
    Row("slice", "starts", Choices((0,))),
    Row("slice", "ends", indices.slice_ends),
    Row(_ALL, "page_table page_table_tensor", indices.pages),
    Row("*update_cache*", "update_idxs_tensor", indices.positions),
    Row("indexed_fused_update_cache", "physical_update_idxs_tensor", indices.rows_of_pages),
    Row(_ALL, "cur_pos_tensor", indices.positions),
    Row(_ALL, "chunk_start_idx_tensor", indices.chunk_start),
    Row(_ALL, "cu_window_seqlens", indices.windows),
    Row("paged_fill_cache", "batch_idx_tensor", IndicesInto(("page_table",), 0, Once.TENSOR)),
    Row("paged_fill_cache", "valid_seq_len_tensor", indices.lengths),
    Row(_ALL, "batch_offset slot_id *batch_index_tensor cache_batch_idx_tensor initial_state_block_idx", Choices((0,))),
    Row(_ALL, "windowed_q_token_offset_tensor logical_n logical_l kv_actual_isl_tensor", Choices((0,))),
    Row("sparse_sdpa", "indices", IndicesInto(("kv",), -2, Once.ALONG)),
    Row("sparse_sdpa_msa", "indices", indices.blocks),
    Row("sparse_matmul", "indices", IndicesInto(("input_tensor_b",), -3, Once.TENSOR)),
    Row("sparse_matmul", "sparsity", operands.sparsity),
    Row(_ALL, "expert_indices* expert_metadata* tilize_expert_indices*", indices.experts),
    Row(_ALL, "expert_mapping* tilize_expert_mapping*", OneHot()),
    Row(_ALL, "expert_scores* tilize_expert_scores* scores_tensor routing_weights_tensor", Probabilities()),
    Row("isin", "elements test_elements", Integers(0, 30)),
    Row("plus_one", "input_tensor", Integers(0, 1000)),
)

STRUCTURES = (
    Row(_ALL, "attn_mask attention_mask mask expert_mask_tensor topk_mask_tensor", operands.mask),
    Row("rotary_embedding rotary_embedding_hf", "cos_cache", Angles(Part.COS, adjacent=False)),
    Row("rotary_embedding rotary_embedding_hf", "sin_cache", Angles(Part.SIN, adjacent=False)),
    Row(_ALL, "cos_cache rope_cos", Angles(Part.COS, adjacent=True)),
    Row(_ALL, "sin_cache rope_sin", Angles(Part.SIN, adjacent=True)),
    Row(_ALL, "trans_mat transformation_mat", Rotation()),
    Row("group_norm *groupnorm", "input_mask negative_mask", operands.group_mask),
    Row("group_norm layer_norm* *layernorm*", "reciprocals recip_tensor", Reciprocals()),
    Row("*norm_post_all*", "stats", operands.gathered_sums),
    Row("*gated_delta*", "eye", Triangle(filled=False)),
    Row("*gated_delta*", "tril L_unit L_inv", Triangle(filled=True)),
    Row("*gated_delta*", "ones", Choices((1,))),
    Row("*gated_delta*", "g", Reals(-1, -0.01, mean=-0.3, deviation=0.2)),
    Row("*gated_delta*", "beta q_decay k_decay_t dl_exp", Reals(0.05, 0.95, mean=0.5, deviation=0.2)),
    Row("reduce_to_root", "input_tensor_s", Magnitudes(0.5, 8)),
    Row("prefix_scan", "a", Reals(0.1, 0.9, mean=0.5, deviation=0.2)),
)

NORMS = (
    Row("*norm* *groupnorm fused_rms_minimal", "running_var rstd", Magnitudes(0.5, 2)),
    Row("*norm* *groupnorm fused_rms_minimal", "running_mean mean", _SHIFT),
    Row("*norm* *groupnorm fused_rms_minimal", "weight gamma", _GAIN),
    Row("*norm* *groupnorm fused_rms_minimal", "bias beta", _SHIFT),
    Row("moreh_adam moreh_adamw", "exp_avg_sq_in max_exp_avg_sq_in", Magnitudes(2**-4, 1)),
    Row("moreh_nll_loss*", "input_tensor", Reals(-16, -0.01, mean=-3.0)),
    Row("moreh_nll_loss*", "weight_tensor divisor_tensor", Magnitudes(0.5, 2)),
)

QUANTIZATION = (
    Row("quantize", "input_tensor", operands.quantized),
    Row("requantize", "input_tensor", operands.requantized),
    Row("dequantize", "input_tensor", Integers(-128, 127)),
    Row("*quantize", "scale in_scale out_scale", Choices((operands.SCALE,))),
    Row("*quantize", "zero_point in_zero_point out_zero_point", Integers(-10, 10)),
    Row("typecast to_dtype", _ALL, operands.converted),
    Row("bitcast", _ALL, operands.bits_of_reals),
)

SEARCHES = (
    Row("sum mean moreh_sum moreh_mean", "input_tensor input", operands.summed),
    Row("argmax topk sort topk_large_indices topk_router_gpt", "input_tensor input", operands.along),
    Row("max", "input_tensor", operands.largest),
    Row("min", "input_tensor", operands.smallest),
    Row(
        "max_pool2d adaptive_max_pool2d", "input_tensor", Reals(mean=-1.0)
    ),  # zeros of a padding must not be the largest
    Row("sampling", "input_values_tensor", Distinct()),
    Row("moe", "input_tensor", Distinct()),
    Row("deepseek_grouped_gate", "scores", Distinct()),
    Row("prod cumprod prod_bw", _ALL, operands.product_factor),
    Row("nonzero", "input_tensor", Choices((0, 0, 1, 2))),
    Row("bernoulli", "input", Reals(0, 1, mean=0.5, deviation=0.25)),
    Row("grid_sample", "grid", Reals(-0.95, 0.95, deviation=0.5)),
    Row("*softmax*", "input_tensor tensor input", Reals(deviation=2.0)),
)

BACKWARD = (
    Row("*_bw *_backward", "grad_tensor output_grad output_grad_tensor output_gradient_tensor", Reals()),
    Row("max_bw min_bw", "input_tensor_b", Grid(around=0.125)),  # never equal to a multiple of 0.25
    Row("max_bw min_bw", "input_tensor_a", Grid()),
    Row(
        "abs_bw relu_bw relu6_bw hardtanh_bw hardsigmoid_bw hardswish_bw hardshrink_bw softshrink_bw threshold_bw "
        "clamp_bw clip_bw leaky_relu_bw elu_bw celu_bw selu_bw sign_bw softsign_bw",
        "input_tensor",
        operands.away_from_kinks,
    ),
)

COMPARISONS = (
    Row("eq ne gt lt ge le isclose", _ALL, operands.compared),
    Row("eqz nez gtz ltz gez lez sign signbit heaviside logical_not logical_and logical_or logical_xor", _ALL, Grid()),
    Row("where", "predicate input_tensor_a", Choices((0, 1, 0, 1, -0.5, 2))),
    Row("isfinite isinf isnan isneginf isposinf", _ALL, NonFinite()),
    Row("floor ceil trunc round frac", _ALL, operands.rounded),
    Row("remainder fmod floor_div", _FIRST, operands.first_of_quotient),
    Row("remainder fmod floor_div", _SECOND, operands.second_of_quotient),
    Row("threshold hardshrink softshrink", _ALL, operands.away_from_scalars),
)

BITWISE = (
    Row("*_left_shift *_right_shift", _SECOND, operands.shift_count),
    Row("bitwise_* *_left_shift *_right_shift", _ALL, Bits()),
    Row("gcd lcm", _ALL, Integers(1, 1000)),
)

DOMAINS = (
    Row("sqrt rsqrt", _ALL, _POSITIVE),
    Row("log log2 log10", _ALL, _NOT_ONE),
    Row("lgamma", _ALL, Magnitudes(0.25, 20, avoid=(1.0, 2.0))),
    Row("digamma", _ALL, Magnitudes(0.5, 20, avoid=(1.4616,))),
    Row("polygamma", _ALL, Magnitudes(1, 10)),
    Row("multigammaln", _ALL, Magnitudes(2, 12)),  # above (p - 1) / 2, p being 4
    Row("log1p", _ALL, Reals(-0.9, 100, mean=1.0, deviation=4.0)),
    Row("reciprocal rdiv", _ALL, _NOT_ZERO),
    Row("div divide", _SECOND, operands.divisor),
    Row("div divide", _FIRST, operands.dividend),
    Row("div_no_nan", _SECOND, Grid(step=0.5)),
    Row("addcdiv", "input_c input_tensor_c", _NOT_ZERO),
    Row("atan2 hypot", _ALL, _NOT_ZERO),
    Row("xlogy", _SECOND, _NOT_ONE),
    Row("pow", "exponent", Reals(-3, 3)),
    Row("pow", _ALL, operands.base_of_power),
    Row("moreh_abs_pow", "input", Magnitudes(0.25, 4, signed=True)),
    Row("rpow_bw", "input_tensor", Magnitudes(0.25, 4)),  # it derives by the base
    Row("rpow", _ALL, Reals(-4, 4)),
    Row("ldexp", _SECOND, Integers(-8, 8)),
    Row("asin acos atanh erfinv", _ALL, Reals(-0.95, 0.95, deviation=0.5)),
    Row("acosh", _ALL, Magnitudes(1.0625, 64)),
    Row("logit logiteps", _ALL, Reals(0.05, 0.95, mean=0.5, deviation=0.25)),
    Row("tan", _ALL, Reals(-1.375, 1.375)),
    Row("sin cos", _ALL, Reals(-6.25, 6.25, deviation=3.0)),
    Row("erf erfc", _ALL, Reals(-2.5, 2.5)),
    Row("exp exp2 expm1 sinh cosh logaddexp logaddexp2", _ALL, _EXPONENTS),
    Row("i0 i1", _ALL, Reals(-4, 4, deviation=2.0)),
    Row("tanhshrink", _ALL, Magnitudes(0.5, 8, signed=True)),  # near 0 it is the difference of two nearly equal numbers
    Row("polyval", _ALL, Reals(-2, 2)),
    Row("snake_beta", "alpha beta", Reals(0.5, 2, mean=1.0, deviation=0.25)),
    Row("lerp", "weight input_tensor_c", Reals(0, 1, mean=0.5, deviation=0.25)),
    Row("clamp clip", "min input_tensor_b", Reals(-2, -0.5, mean=-1.0, deviation=0.25)),
    Row("clamp clip", "max input_tensor_c", Reals(0.5, 2, mean=1.0, deviation=0.25)),
    Row("subtract", _FIRST, operands.unsigned_minuend),
    Row("subtract", _SECOND, operands.unsigned_subtrahend),
    Row("rsub", _SECOND, operands.unsigned_minuend),
    Row("rsub", _FIRST, operands.unsigned_subtrahend),
    Row("unary_chain", _ALL, Magnitudes(0.25, 2)),
)

OPERANDS = (
    Row("moreh_linear*", "weight", operands.transposed_weights),
    Row(CONVOLUTIONS, "weight_tensor", operands.kernel),
    Row(CONVOLUTIONS, "bias_tensor", operands.kernel_bias),
    Row(
        MATMULS, "input_tensor_b mat2* other* *weight* matmul_w* second_weight_tensor input_tensors_b", operands.weights
    ),
    Row(COLLECTIVES, _ALL, Reals()),
    Row(MOVEMENTS, _ALL, operands.moved),
    Row("embedding", "weight", operands.moved),
    Row(ELEMENTWISE, _ALL, _WIDER),
)

ROWS = (
    *OUTPUTS,
    *INDICES,
    *STRUCTURES,
    *NORMS,
    *QUANTIZATION,
    *SEARCHES,
    *BACKWARD,
    *COMPARISONS,
    *BITWISE,
    *DOMAINS,
    *OPERANDS,
)
"""All rows. What no row fits is drawn from a normal distribution."""

_USUAL = Reals()
_ACTIVATIONS = {"RECIP": "reciprocal"}
"""Names of UnaryOpType that are not those of the operations."""
_BEFORE = {
    "input_tensor_a": ("input_tensor_a_activations", "lhs_activations"),
    "input_a": ("input_tensor_a_activations", "lhs_activations"),
    "input_tensor_b": ("input_tensor_b_activations", "rhs_activations"),
    "input_b": ("input_tensor_b_activations", "rhs_activations"),
}
"""The arguments that hold activations of an operand."""
_AFTER = ("activations", "post_activations")
"""The arguments that hold activations of a result."""


def domain_of(facts: CallFacts, parameter: str, tensor: Tensor) -> Domain:
    """Return the domain of a tensor's numbers.

    Args:
        facts: the call.
        parameter: the parameter that takes the tensor, or the list that holds it.
        tensor: the tensor.
    """
    row = _row(facts.operation, parameter)
    rule = _USUAL if row is None else row.rule
    domain = rule(facts, parameter, tensor) if callable(rule) else rule
    if not isinstance(domain, Reals):
        return _positive(domain) if _members(facts, _BEFORE.get(parameter, ())) else domain
    # an activation of the operand, or of the result, needs numbers of its own domain
    before = next(_activated(facts, _BEFORE.get(parameter, ())), None)
    if before is not None:
        return before
    return Magnitudes(0.25, 4) if any(isinstance(each, Magnitudes) for each in _activated(facts, _AFTER)) else domain


def _activated(facts: CallFacts, arguments: tuple[str, ...]) -> Iterator[Domain]:
    """Yield the domains of the activations in these arguments, as far as not any number is in them."""
    for member in _members(facts, arguments):
        row = _row(f"ttnn.{_ACTIVATIONS.get(member.name, member.name.lower())}", "input_tensor")
        if row is not None and row in DOMAINS and not callable(row.rule):
            yield row.rule


def _members(facts: CallFacts, arguments: tuple[str, ...]) -> list[EnumMember]:
    """The activations in these arguments."""
    return [member for name in arguments for member in operands.members(facts.arguments.get(name))]


def _positive(domain: Domain) -> Domain:
    """A domain without negative numbers: an activation may make them zero, which a divisor must not be."""
    if isinstance(domain, Magnitudes):
        return replace(domain, signed=False)
    if isinstance(domain, Choices):
        return Choices(tuple(value for value in domain.values if value > 0) or domain.values)
    return domain


@functools.cache
def _row(operation: str, parameter: str) -> Row | None:
    """Return the row of an operation's parameter; None: the usual numbers."""
    name = operation.rpartition(".")[2].rstrip("_")
    names = [name, name[: -len("_bw")]] if name.endswith("_bw") else [name]
    for each in names:
        for row in ROWS:
            if _fits(each, row.operations) and _fits(parameter, row.parameters):
                return row
    return None


def _fits(name: str, patterns: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns.split())
