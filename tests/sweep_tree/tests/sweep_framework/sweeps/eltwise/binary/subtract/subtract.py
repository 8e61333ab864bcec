"""A tuple shorter than its names."""

import ttnn
from tests.sweep_framework.sweep_utils.tensors import tensor

parameters = {"nightly": {"rows,other": [(32, 2.0), (64,)]}}


def run(rows, other=1.0, *, device):
    ttnn.subtract(tensor(device, rows), other)
    return other == 3.0 - rows / 32 or rows == 64, str(other)
