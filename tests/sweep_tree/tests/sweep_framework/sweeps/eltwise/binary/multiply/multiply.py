"""A name twice: the later one counts."""

import ttnn
from tests.sweep_framework.sweep_utils.tensors import tensor

parameters = {"nightly": {"rows,other": [(32, 1.0)], "other": [5.0]}}


def run(rows, other, *, device):
    if other != 5.0:
        raise ValueError(other)
    ttnn.multiply(tensor(device, rows), other)
    return True, "1.0"
