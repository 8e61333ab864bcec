"""No `parameters`."""


def run(stride, *, device):
    return True, "1.0"
