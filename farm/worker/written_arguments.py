"""The arguments that operations write to, besides those that they return. Others must be the same after a call."""

from __future__ import annotations

_PARAMETERS = frozenset(
    {
        "beta_grad",
        "bias_grad",
        "cache",
        "cache_tensor",
        "device_tensor",
        "exp_avg_out",
        "exp_avg_sq_out",
        "gamma_grad",
        "indices_tensor",
        "initial_state",
        "input_a_grad",
        "input_b_grad",
        "input_grad",
        "input_grad_tensor",
        "intermediate_tensor",
        "io_tensors",
        "mat2_grad",
        "max_exp_avg_sq_out",
        "mean",
        "momentum_buffer_out",
        "optional_output_mapping_tensor",
        "optional_output_reduced_tensor",
        "optional_output_tensor",
        "optional_tensor",
        "other_grad",
        "out",
        "output",
        "output_tensor",
        "output_tensor_l",
        "output_tensor_m",
        "output_tensor_s",
        "output_tensors",
        "param_out",
        "persistent_intermediate_buffer",
        "persistent_output_buffer",
        "persistent_output_buffer_joint_k",
        "persistent_output_buffer_joint_v",
        "persistent_output_buffer_k",
        "persistent_output_buffer_kv",
        "persistent_output_buffer_v",
        "persistent_output_tensor",
        "preallocated_output",
        "rstd",
        "running_mean",
        "running_var",
        "stats",
        "total_norm",
        "weight_grad",
    }
)
"""Parameters that ttnn's operations write to or may write to: preallocated outputs, caches and running statistics."""

_OPERATIONS = frozenset(
    {
        "ttnn.assign",
        "ttnn.copy",
        "ttnn.copy_host_to_device_tensor",
        "ttnn.copy_host_to_device_tensor_partial",
        "ttnn.fill_cache",
        "ttnn.moreh_clip_grad_norm",
        "ttnn.plus_one",
        "ttnn.scale_causal_mask_hw_dims_softmax_in_place",
        "ttnn.scale_mask_softmax_in_place",
        "ttnn.softmax_in_place",
        "ttnn.update_cache",
    }
)
"""Operations that write to their arguments under other names; one whose name ends with `_` does as well."""


def may_write(operation: str, parameter: str) -> bool:
    """Whether an operation may write to one of its arguments.

    Args:
        operation: its dotted name.
        parameter: the argument's.
    """
    # what is in ttnn.experimental may do so without a rule
    experimental = operation.startswith("ttnn.experimental.")
    return experimental or operation.endswith("_") or operation in _OPERATIONS or parameter in _PARAMETERS
