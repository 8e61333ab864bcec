"""A generator in the last place, which is read once."""

import ttnn
from tests.sweep_framework.sweep_utils.tensors import tensor

parameters = {"nightly": {"again": [0, 1], "rows": (32 * n for n in (1, 2))}}


def run(again, rows, *, device):
    ttnn.neg(tensor(device, rows))
    return True, "1.0"
