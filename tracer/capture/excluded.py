"""The operations that a trace leaves out: they move tensors about or convert them, and compute nothing of a model.

The list is tt-metal's own. `pytest --trace-also ttnn.to_layout` traces one of them, `--trace-without ttnn.rand`
leaves another one out.
"""

from __future__ import annotations

from collections.abc import Iterable

from tracer.names import canonical

MEMORY = (
    "ttnn.allocate_tensor_on_device",
    "ttnn.allocate_tensor_on_host",
    "ttnn.copy_device_to_host_tensor",
    "ttnn.copy_host_to_device_tensor",
    "ttnn.deallocate",
    "ttnn.empty",
    "ttnn.empty_like",
    "ttnn.move",
    "ttnn.reallocate",
)
CONVERSIONS = (
    "ttnn.as_tensor",
    "ttnn.from_buffer",
    "ttnn.from_device",
    "ttnn.from_torch",
    "ttnn.to_device",
    "ttnn.to_dtype",
    "ttnn.to_layout",
    "ttnn.to_memory_config",
    "ttnn.to_torch",
)
UTILITIES = (
    "ttnn.complex_tensor",
    "ttnn.composite_example",
    "ttnn.composite_example_multiple_return",
    "ttnn.dram_prefetcher",
    "ttnn.dump_tensor",
    "ttnn.experimental.view",
    "ttnn.load_tensor",
    "ttnn.pearson_correlation_coefficient",
    "ttnn.unary_chain",
    "ttnn.view",
)

EXCLUDED = frozenset(MEMORY + CONVERSIONS + UTILITIES)


def excluded_operations(also: Iterable[str] = (), without: Iterable[str] = ()) -> frozenset[str]:
    """Return the operations that a trace leaves out.

    Args:
        also: operations to trace although they are on the list.
        without: operations to leave out although they are not on the list.
    """
    return EXCLUDED - {canonical(name) for name in also} | {canonical(name) for name in without}
