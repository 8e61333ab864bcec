"""The fabric is set while the module is imported, and never disabled."""

import ttnn
from tests.sweep_framework.sweep_utils.tensors import tensor

ttnn.set_fabric_config(ttnn.FabricConfig.FABRIC_1D)
parameters = {"nightly": {"rows": [32, 64]}}


def run(rows, *, device):
    ttnn.relu(tensor(device, rows))
    return True, "1.0"
