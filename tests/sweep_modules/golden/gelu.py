"""A golden by torch on host tensors: on a board that computes, and on one that doesn't."""

import time

import torch
import ttnn

parameters = {
    "nightly": {
        "shape": [[1, 1, 32, 32], [2, 64, 64]],
        "torch_dtype": [torch.bfloat16, torch.float32],
        "dtype": [ttnn.bfloat16],
    },
    "host_only": {"shape": [[4, 4]], "torch_dtype": [torch.float32], "dtype": [None]},
}


def run(shape, torch_dtype, dtype, *, device):
    torch.manual_seed(0)
    given = torch.rand(shape, dtype=torch_dtype)
    golden = torch.nn.functional.gelu(given)
    if dtype is None:
        return bool(torch.allclose(golden, torch.nn.functional.gelu(given))), "1.0"
    begun = time.perf_counter_ns()
    output = ttnn.to_torch(ttnn.gelu(ttnn.from_torch(given, dtype=dtype, layout=ttnn.TILE_LAYOUT, device=device)))
    taken = time.perf_counter_ns() - begun
    error = (output.float() - golden.float()).abs().max().item()
    return [(error < 0.05, f"max abs error {error:.3f}"), taken]
