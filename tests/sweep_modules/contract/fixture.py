"""Opens its own board, once for all its vectors, and closes it at the end."""

import os

import ttnn

parameters = {"nightly": {"place": [0, 1, 2]}}


def note(text):
    if "SWEEP_FIXTURE_NOTES" in os.environ:
        with open(os.environ["SWEEP_FIXTURE_NOTES"], "a") as notes:  # noqa: PTH123 - as plain as such modules are
            notes.write(f"{text}\n")


def mesh_device_fixture():
    device = ttnn.open_mesh_device(ttnn.MeshShape(1, 2))
    note("opened")
    yield device, "two chips"
    ttnn.close_mesh_device(device)
    note("closed")


def run(place, *, device):
    note(f"{place} on {device.get_num_devices()}")
    ttnn.relu(ttnn.empty([1, 1, 32, 32], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device))
    return True, ""
