"""A `run()` that changes the default device; a fixture that needs an argument is none."""

import ttnn

parameters = {"nightly": {"rows": [32, 64]}}


def mesh_device_fixture(request):
    yield None, request


def run(rows, *, device):
    if ttnn.GetDefaultDevice() is not None:
        raise ValueError(rows)
    ttnn.SetDefaultDevice(device)
    return True, "1.0"
