"""A fixture that opens two chips, and closes them."""

import ttnn
from tests.sweep_framework.sweep_utils.tensors import tensor

parameters = {"nightly": {"rows": [32, 64]}}


def mesh_device_fixture():
    device = ttnn.open_mesh_device(ttnn.MeshShape(1, 2))
    yield device, "n300"
    ttnn.close_mesh_device(device)


def run(rows, *, device):
    tensor(device, rows)
    if device.get_num_devices() != 2:
        raise ValueError(device)
    return True, "1.0"
