"""A `run()` that ends its process."""

import os

parameters = {"nightly": {"number": [0, 1, 2]}}


def run(number, *, device):
    if number == 1:
        os._exit(0)
    return True, "1.0"
