"""A test double for reading tensors back from a device: no test host has a board that computes."""

from __future__ import annotations

from typing import Any

import numpy as np


class DeviceDouble:
    """Stands in for `tracer.capture.value_reader.to_host`: every chip's part of a tensor holds numbers of the test's.

    Attributes:
        numbers: of the parts that are read, one after the other; the last ones again when there are no more.
        reads: how many parts were read.
        error: what reading raises instead.
    """

    def __init__(self, *numbers: Any, error: Exception | None = None) -> None:
        self.numbers = [np.asarray(each) for each in numbers]
        self.reads = 0
        self.error = error

    def __call__(self, part: Any) -> Any:
        """Return a host tensor with the next numbers, of the part's dtype and layout."""
        import ttnn

        assert part.storage_type().name == "DEVICE"
        self.reads += 1
        if self.error is not None:
            raise self.error
        numbers = self.numbers[min(self.reads, len(self.numbers)) - 1]
        return host_tensor(ttnn, numbers, part.dtype.name, part.layout)


def host_tensor(ttnn: Any, numbers: Any, dtype: str, layout: Any) -> Any:
    """Make a host tensor of numbers; ttnn itself rounds those that its dtype can't hold."""
    if dtype == "BFLOAT16":
        return ttnn.to_dtype(ttnn.Tensor(numbers.astype(np.float32), ttnn.float32, layout=layout), ttnn.bfloat16)
    kinds = {"UINT32": np.uint32, "INT32": np.int32, "UINT16": np.uint16, "UINT8": np.uint8}
    return ttnn.Tensor(numbers.astype(kinds.get(dtype, np.float32)), getattr(ttnn.DataType, dtype), layout=layout)
