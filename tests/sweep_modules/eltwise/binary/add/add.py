"""The binary example of tt-metal's guide."""

import ttnn

from farm.sweeps import MasterConfigLoader, unpack_binary_traced_config

loader = MasterConfigLoader()
model_traced_params = loader.get_suite_parameters("add")

parameters = {
    "nightly": {"input_shape": [[1, 1, 32, 32], [4, 64, 32]]},
    "model_traced": model_traced_params,
}


def run(
    input_shape,
    input_a_dtype=ttnn.bfloat16,
    input_b_dtype=ttnn.bfloat16,
    input_a_layout=ttnn.TILE_LAYOUT,
    input_b_layout=ttnn.TILE_LAYOUT,
    input_a_memory_config=ttnn.DRAM_MEMORY_CONFIG,
    input_b_memory_config=ttnn.DRAM_MEMORY_CONFIG,
    traced_config_name=None,
    *,
    device,
):
    other_shape = input_shape
    if traced_config_name:
        (
            input_shape,
            input_a_dtype,
            input_b_dtype,
            input_a_layout,
            input_b_layout,
            input_a_memory_config,
            input_b_memory_config,
        ) = unpack_binary_traced_config(traced_config_name)
        other_shape = input_shape["other"]
    one = ttnn.empty(
        input_shape, dtype=input_a_dtype, layout=input_a_layout, device=device, memory_config=input_a_memory_config
    )
    other = ttnn.empty(
        other_shape, dtype=input_b_dtype, layout=input_b_layout, device=device, memory_config=input_b_memory_config
    )
    output = ttnn.add(one, other)
    return tuple(output.shape) == tuple(input_shape), "shapes compared"
