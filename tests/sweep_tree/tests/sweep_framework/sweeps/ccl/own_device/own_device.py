"""A fixture without a device: `run()` opens one, and leaves the second one open, with a fabric."""

import ttnn
from tests.sweep_framework.sweep_utils.tensors import tensor

parameters = {"nightly": {"rows": [32, 64]}}


def mesh_device_fixture():
    yield None, "opened in run()"


def run(rows, *, device):
    if device is not None:
        raise ValueError(device)
    if rows == 64:
        ttnn.set_fabric_config(ttnn.FabricConfig.FABRIC_1D)
    opened = ttnn.open_mesh_device(ttnn.MeshShape(1, 2))
    tensor(opened, rows)
    if rows == 32:
        ttnn.close_mesh_device(opened)
    return True, "1.0"
