"""A `run()` that changes the default device."""

import ttnn

parameters = {"nightly": {"rows": [32, 64]}}


def run(rows, *, device):
    if ttnn.GetDefaultDevice() is not None:
        raise ValueError(rows)
    ttnn.SetDefaultDevice(device)
    return True, "1.0"
