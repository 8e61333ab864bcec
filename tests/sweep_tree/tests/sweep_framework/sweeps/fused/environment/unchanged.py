"""What the module beside it has set is not here."""

import os

import ttnn

parameters = {"nightly": {"number": [0]}}


def run(number, *, device):
    if "SWEEP_TREE" in os.environ or ttnn.relu is ttnn.abs:
        raise ValueError("not as before")
    return True, "1.0"
