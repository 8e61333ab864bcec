"""A `run()` that closes the device that it was given."""

import ttnn
from tests.sweep_framework.sweep_utils.tensors import tensor

parameters = {"nightly": {"rows": [32, 64, 96]}}


def run(rows, *, device):
    tensor(device, rows)
    if rows == 64:
        ttnn.close_device(device)
        ttnn.close_device(device)
    return True, "1.0"
