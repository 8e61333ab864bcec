"""The unary example of tt-metal's guide: a suite of its own values and one of traced configurations."""

import ttnn
from tests.sweep_framework.master_config_loader import MasterConfigLoader, unpack_traced_config

TIMEOUT = 30

loader = MasterConfigLoader()
model_traced_params = loader.get_suite_parameters("sigmoid_accurate")

parameters = {
    "nightly": {
        "input_shape": [[1, 1, 32, 32], [1, 2, 64, 64]],
        "input_a_dtype": [ttnn.bfloat16, ttnn.bfloat8_b],
        "input_a_memory_config": [ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG],
    },
    "model_traced": model_traced_params,
}


def run(
    input_shape,
    input_a_dtype=ttnn.bfloat16,
    input_a_layout=ttnn.TILE_LAYOUT,
    input_a_memory_config=ttnn.DRAM_MEMORY_CONFIG,
    output_memory_config=ttnn.DRAM_MEMORY_CONFIG,
    traced_config_name=None,
    *,
    device,
):
    if traced_config_name:
        input_shape, input_a_dtype, input_a_layout, input_a_memory_config, output_memory_config = unpack_traced_config(
            traced_config_name
        )
    given = ttnn.empty(
        input_shape, dtype=input_a_dtype, layout=input_a_layout, device=device, memory_config=input_a_memory_config
    )
    output = ttnn.sigmoid_accurate(given, memory_config=output_memory_config)
    return tuple(output.shape) == tuple(input_shape), "shapes compared"
