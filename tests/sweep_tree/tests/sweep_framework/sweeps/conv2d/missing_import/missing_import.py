"""An import of what isn't there."""

import a_package_that_nobody_has  # noqa: F401

parameters = {"nightly": {"stride": [1]}}


def run(stride, *, device):
    return True, "1.0"
