"""Tuples longer than their names."""

import ttnn
from tests.sweep_framework.sweep_utils.tensors import tensor

parameters = {"nightly": {"rows,other": [(32, 1.0, "cut"), (64, 2.0, "cut")]}}


def run(rows, other, *, device):
    ttnn.add(tensor(device, rows), other)
    return True, "1.0"
