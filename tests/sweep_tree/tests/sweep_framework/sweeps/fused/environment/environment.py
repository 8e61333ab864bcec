"""Environment variables that `run()` changes."""

import os

parameters = {"nightly": {"number": [0, 1]}}
os.environ["SWEEP_TREE"] = "as imported"


def run(number, *, device):
    if os.environ["SWEEP_TREE"] != "as imported":
        raise ValueError(os.environ["SWEEP_TREE"])
    del os.environ["SWEEP_TREE"]
    return True, "1.0"
