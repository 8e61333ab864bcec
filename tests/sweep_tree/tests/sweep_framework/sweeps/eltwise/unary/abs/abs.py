"""A generator in the first place."""

import ttnn
from tests.sweep_framework.sweep_utils.tensors import tensor

parameters = {"nightly": {"rows": (32 * n for n in (1, 2)), "again": [0, 1]}}


def run(rows, again, *, device):
    ttnn.abs(tensor(device, rows))
    return [(True, "1.0"), 1000]
