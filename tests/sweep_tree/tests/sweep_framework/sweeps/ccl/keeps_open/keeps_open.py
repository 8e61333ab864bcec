"""A device that is opened while the module is imported, made the default, and kept."""

import ttnn
from tests.sweep_framework.sweep_utils.tensors import tensor

KEPT = ttnn.open_device(device_id=0)
ttnn.SetDefaultDevice(KEPT)
parameters = {"nightly": {"rows": [32, 64]}}


def run(rows, *, device):
    ttnn.relu(tensor(KEPT, rows))
    return True, "1.0"
