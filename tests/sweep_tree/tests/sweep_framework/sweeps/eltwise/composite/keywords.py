"""`**kwargs` with what the vector holds."""

parameters = {"nightly": {"rows": [32], "scale": [2.0], "input_hash": ["1"], "tag": ["main"]}}


def run(*, device, **kwargs):
    if kwargs != {"rows": 32, "scale": 2.0}:
        raise ValueError(sorted(kwargs))
    return True, "1.0"
