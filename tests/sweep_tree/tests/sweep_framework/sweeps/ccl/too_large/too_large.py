"""A fixture that needs more chips than there are."""

import ttnn

parameters = {"nightly": {"rows": [32, 64]}}


def mesh_device_fixture():
    assert ttnn.get_num_devices() >= 8, "needs 8 chips"
    yield ttnn.open_mesh_device(ttnn.MeshShape(2, 4)), "t3000"


def run(rows, *, device):
    return True, "1.0"
