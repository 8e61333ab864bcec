"""A model of many tests, good and bad, to be traced."""

from __future__ import annotations

MODEL = """
import pytest, ttnn
from ttnn import relu

def tensor(device):
    return ttnn.empty([32, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)

def test_good(device):
    for _ in range(3):
        relu(tensor(device))

def test_bad(device):
    ttnn.gelu(tensor(device))
    assert False, "the model is wrong"

def test_skipped(device):
    ttnn.exp(tensor(device))
    pytest.skip("not today")

@pytest.mark.parametrize("device_params", [{"l1_small_size": 8192, "num_command_queues": 2}], indirect=True)
def test_params(device):
    ttnn.relu(tensor(device))

def test_direct():
    device = ttnn.CreateDevice(0, l1_small_size=16384)
    ttnn.relu(tensor(device))
    ttnn.close_device(device)
    device = ttnn.open_device(device_id=0, worker_l1_size=1345000)
    ttnn.relu(tensor(device))
    ttnn.close_device(device)

@pytest.mark.parametrize("device_params", [{"fabric_config": ttnn.FabricConfig.FABRIC_1D}], indirect=True)
def test_mesh(mesh_device):
    ttnn.all_gather(tensor(mesh_device), dim=0)

def test_killed(device):
    import os, signal
    from ttnn.decorators import FastOperation
    fatal = FastOperation("ttnn.fatal", lambda x: os.kill(os.getpid(), signal.SIGKILL), None, None, None, False, False)
    relu(tensor(device))
    fatal(tensor(device))
"""
