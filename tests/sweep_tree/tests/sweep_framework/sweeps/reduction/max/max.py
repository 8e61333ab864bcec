"""A parameter that `run()` doesn't take, also in a suite that expects failures."""

parameters = {"nightly": {"dim": [0, 1], "odd": [1]}, "xfail": {"dim": [0], "odd": [1]}}


def run(dim, *, device):
    return True, "1.0"
