"""A vector that the module calls invalid, and one that it corrects."""

parameters = {"nightly": {"stride": [0, 1, 9]}}


def invalidate_vector(vector):
    vector["stride"] = min(vector["stride"], 2)
    return vector["stride"] == 0, "no stride"


def run(stride, *, device):
    if stride > 2:
        raise ValueError(stride)
    return True, "1.0"
