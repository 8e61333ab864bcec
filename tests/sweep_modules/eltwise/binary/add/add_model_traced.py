"""The later form of a traced module: everything by name, and what it doesn't name in `**kwargs`."""

import ttnn
from tests.sweep_framework.master_config_loader_v2 import MasterConfigLoader

TIMEOUT = 300

loader = MasterConfigLoader()
parameters = {"model_traced": loader.get_suite_parameters("add", all_cases=False)}

NOT_THE_OPERATIONS = ("traced_source", "traced_machine_info", "config_hash", "__absent_keys__", "output_memory_config")


def run(
    input_a_shape,
    input_a_dtype,
    input_a_layout,
    input_a_memory_config,
    input_b_shape=None,
    input_b_dtype=None,
    input_b_layout=None,
    input_b_memory_config=None,
    arg1=None,
    *,
    device,
    **kwargs,
):
    absent = kwargs["__absent_keys__"]
    assert "__ABSENT__" not in kwargs.values()
    assert kwargs["config_hash"]
    assert "traced_source" not in kwargs  # as tt-metal's runner takes it out
    one = ttnn.empty(
        input_a_shape,
        dtype=input_a_dtype,
        layout=input_a_layout,
        device=device,
        memory_config=input_a_memory_config,
    )
    other = arg1
    if input_b_shape is not None:
        other = ttnn.empty(
            input_b_shape,
            dtype=input_b_dtype,
            layout=input_b_layout,
            device=device,
            memory_config=input_b_memory_config,
        )
    given = {
        name: value
        for name, value in kwargs.items()
        if name not in absent and name not in NOT_THE_OPERATIONS and not name.startswith("input_")
    }
    ttnn.add(one, other, **given)
    return [(False, "0.0"), 1_500_000]
