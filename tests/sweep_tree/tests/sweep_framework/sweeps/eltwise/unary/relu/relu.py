"""A plain product; a helper of the checkout."""

import ttnn
from tests.sweep_framework.sweep_utils.tensors import tensor

parameters = {"nightly": {"rows": [32, 64], "dtype": [ttnn.bfloat16, ttnn.float32]}}


def run(rows, dtype, *, device):
    return list(ttnn.relu(tensor(device, rows, dtype)).shape) == [1, 1, rows, 32], "1.0"
