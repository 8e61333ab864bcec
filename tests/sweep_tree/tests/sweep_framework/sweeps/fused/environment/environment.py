"""Environment variables that `run()` changes, and an operation of ttnn that the module replaces."""

import os

import ttnn

parameters = {"nightly": {"number": [0, 1]}}
os.environ["SWEEP_TREE"] = "as imported"
ttnn.relu = ttnn.abs


def run(number, *, device):
    if os.environ["SWEEP_TREE"] != "as imported":
        raise ValueError(os.environ["SWEEP_TREE"])
    del os.environ["SWEEP_TREE"]
    return True, "1.0"
