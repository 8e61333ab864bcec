"""An `invalidate_vector` that raises for one vector."""

parameters = {"nightly": {"stride": [0, 1, 2]}}


def invalidate_vector(vector):
    return 4 / vector["stride"] > 8, "too many"


def run(stride, *, device):
    return True, "1.0"
