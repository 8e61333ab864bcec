"""Suites that expect failures."""

parameters = {"xfail": {"dim": [5]}, "XFail-2": {"dim": [6]}, "xfail_not": {"dim": [0]}, "Nightly": {"dim": [1]}}


def run(dim, *, device):
    if dim > 4:
        raise ValueError(f"no dimension {dim}")
    return True, "1.0"
