"""The fixture opens a device, and does not yield it as a pair: its vectors fail, and leave no device open."""

import ttnn

parameters = {"nightly": {"number": [1, 2]}}


def mesh_device_fixture():
    device = ttnn.open_mesh_device(ttnn.MeshShape(1, 2))
    yield device
    ttnn.close_mesh_device(device)


def run(number, *, device):
    return True, ""
