"""A device that is opened and closed while the module is imported."""

import ttnn
from tests.sweep_framework.sweep_utils.tensors import tensor

device_at_import = ttnn.open_device(device_id=0)
ttnn.close_device(device_at_import)
parameters = {"nightly": {"rows": [32, 64]}}


def run(rows, *, device):
    ttnn.relu(tensor(device, rows))
    return True, "1.0"
