"""What the module beside it has set is not here."""

import os

parameters = {"nightly": {"number": [0]}}


def run(number, *, device):
    return "SWEEP_TREE" not in os.environ or 1 / 0, "1.0"
