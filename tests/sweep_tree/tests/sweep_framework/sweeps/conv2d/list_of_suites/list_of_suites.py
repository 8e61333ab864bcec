"""`parameters` that are no dict."""

parameters = [{"stride": [1, 2]}]


def run(stride, *, device):
    return True, "1.0"
