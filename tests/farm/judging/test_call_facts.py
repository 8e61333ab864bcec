"""Facts of calls, from traced values."""

from __future__ import annotations

import pytest

from farm.judging.call_facts import CallFacts, KernelConfig
from tracer.values import CoreGrid, EnumMember, Struct, Tensor, Value


def tensor(*shape: int, dtype: str = "BFLOAT16", storage: str = "DEVICE") -> Tensor:
    return Tensor(shape, dtype, "TILE", storage)


def call(operation: str, **arguments: Value) -> CallFacts:
    return CallFacts(f"ttnn.{operation}", arguments, "wormhole_b0")


A, B = tensor(1, 64, 768), tensor(768, 3072)
WEIGHTS = tensor(64, 32, 3, 3, dtype="FLOAT32", storage="HOST")
IMAGE = tensor(2, 8, 8, 32)


@pytest.mark.parametrize(
    ("facts", "length"),
    [
        (call("matmul", a=A, b=B), 768),
        (call("matmul", a=A, b=B, transpose_a=True), 64),
        (call("conv2d", input_tensor=IMAGE, weight_tensor=WEIGHTS, in_channels=32), 288),
        (call("conv2d", input_tensor=IMAGE, in_channels=32, groups=4, kernel_size=(3, 5)), 120),
        (call("transformer.scaled_dot_product_attention", q=tensor(1, 8, 32, 64), k=tensor(1, 8, 512, 64)), 512),
        (
            call(
                "transformer.paged_scaled_dot_product_attention_decode",
                q=tensor(1, 8, 32, 64),
                k=tensor(16, 8, 64, 64),
                page_table_tensor=tensor(1, 16, dtype="INT32"),
            ),
            1024,
        ),
        (call("layer_norm", a=A), 768),
        (call("group_norm", a=tensor(2, 1, 64, 320), num_groups=32), 640),
        (call("batch_norm", a=tensor(4, 3, 8, 8)), 256),
        (call("rms_norm_pre_all_gather", a=A), 768),
        (call("softmax", a=A, dim=1), 64),
        (call("softmax", a=A), 768),
        (call("sum", a=A), 64 * 768),
        (call("sum", a=A, dim=-1), 768),
        (call("mean", a=A, dim=(1, 2)), 64 * 768),
        (call("mean", a=A, arg1=1), 64),
        (call("sum", a=A, dim=7), 64 * 768),
        (call("avg_pool2d", a=IMAGE, kernel_size=(2, 2)), 4),
        (call("global_avg_pool2d", a=IMAGE), 64),
        (call("moreh_linear_backward", a=A, b=B), 768),
        (call("relu_bw", a=A, b=A), 1),
        (call("reduce_scatter", a=A), 32),
        (call("add", a=A, b=A), 1),
        (call("matmul"), 1),
    ],
    ids=lambda each: each.operation if isinstance(each, CallFacts) else str(each),
)
def test_how_many_numbers_make_up_one(facts: CallFacts, length: int) -> None:
    assert facts.length == length


def test_the_call_says_how_its_kernel_works() -> None:
    fields: tuple[tuple[str, Value], ...] = (
        ("fp32_dest_acc_en", True),
        ("math_approx_mode", False),
        ("math_fidelity", EnumMember("MathFidelity", "HiFi3")),
    )
    facts = call("conv2d", a=A, compute_config=Struct("WormholeComputeKernelConfig", fields))
    assert facts.kernel_config == KernelConfig("HiFi3", approximate=False, wide=True)
    assert (facts.fidelity, facts.accumulates_wide) == ("HiFi3", True)
    assert call("conv2d", a=A).kernel_config == KernelConfig()


F32, BLOCKS = tensor(32, 32, dtype="FLOAT32"), tensor(32, 32, dtype="BFLOAT8_B")


@pytest.mark.parametrize(
    ("facts", "fidelity"),
    [
        (call("matmul", a=A, b=B), "HiFi2"),
        (call("matmul", a=A, b=BLOCKS), "HiFi2"),
        (call("matmul", a=BLOCKS, b=BLOCKS), "LoFi"),
        (call("matmul", a=A, b=B, core_grid=CoreGrid(8, 8)), "LoFi"),
        (call("matmul", a=A, b=B, program_config=Struct("MatmulMultiCoreReuseProgramConfig", ())), "LoFi"),
        (call("matmul", a=F32, b=F32), "HiFi4"),
        (call("conv2d", a=A), "HiFi2"),
    ],
    ids=str,
)
def test_a_matmul_without_a_config_has_the_fidelity_that_ttnn_chooses(facts: CallFacts, fidelity: str) -> None:
    assert facts.fidelity == fidelity


def test_sums_are_wide_where_all_inputs_are() -> None:
    assert call("sum", a=F32).accumulates_wide
    assert not call("sum", a=A).accumulates_wide


def test_fused_activations_are_found_wherever_they_are() -> None:
    relu = EnumMember("UnaryOpType", "RELU")
    chain = (Struct("UnaryWithParam", (("op_type", relu), ("param", ()))),)
    config = Struct("MatmulMultiCoreReuseMultiCast1DProgramConfig", (("fused_activation", relu),))
    assert call("linear", a=A, activation="gelu").activations == ("gelu",)
    assert call("add", a=A, activations=chain).activations == ("relu",)
    assert call("multiply", a=A, input_tensor_a_activations=(EnumMember("UnaryOpType", "SILU"),)).activations == (
        "silu",
    )
    assert call("linear", a=A, program_config=config).activations == ("relu",)
    assert call("conv2d", a=A, conv_config=Struct("Conv2dConfig", (("activation", relu),))).activations == ("relu",)
    assert call("linear", a=A, activation=None).activations == ()


def test_activations_that_choose_among_numbers_round_none() -> None:
    assert not call("linear", a=A, activation="relu").rounds_activations
    assert not call("linear", a=A).rounds_activations
    assert call("linear", a=A, activation="gelu").rounds_activations


def test_tensors_in_lists_count() -> None:
    facts = call("concat", arg0=(A, F32), dim=0)
    assert facts.input_dtypes == {"BFLOAT16", "FLOAT32"}
    assert facts.tensors == {}


def test_numbers_that_are_no_bfloat16_are_noticed() -> None:
    for number in (0.1, 1 / 3, 3.14159):
        assert call("add", a=A, b=number).rounds_scalars
    for exact in (0.5, 2, 1.0, -256.0, float("inf"), 1e39, True):
        assert not call("add", a=A, b=exact).rounds_scalars
    assert not call("rms_norm", a=A, epsilon=1e-5).rounds_scalars


def test_a_call_may_ask_for_coarse_functions() -> None:
    assert call("exp", a=A, fast_and_approximate_mode=True).approximate
    assert call("gelu", a=A, variant=EnumMember("GeluVariant", "FastLut")).approximate
    assert call("sigmoid", a=A, mode=EnumMember("SigmoidMode", "FAST_APPROXIMATE")).approximate
    assert not call("gelu", a=A, variant=EnumMember("GeluVariant", "Tanh")).approximate
    assert not call("exp", a=A, fast_and_approximate_mode=False).approximate


def test_a_convolution_says_what_its_weights_become() -> None:
    config = Struct("Conv2dConfig", (("weights_dtype", EnumMember("DataType", "BFLOAT8_B")),))
    assert call("conv2d", a=A, conv_config=config).weights_dtype == "BFLOAT8_B"
    assert call("conv2d", a=A).weights_dtype is None
