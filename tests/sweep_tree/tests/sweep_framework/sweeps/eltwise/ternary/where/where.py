"""A suite of pairs, of which the first varies fastest."""

import ttnn
from tests.sweep_framework.sweep_utils.tensors import tensor

parameters = {"nightly": [("rows", [32, 64]), ("swap", [False, True])]}


def run(rows, swap, *, device):
    first, second = (0.0, 1.0) if swap else (1.0, 0.0)
    ttnn.where(tensor(device, rows), first, second)
    return True, "1.0"
