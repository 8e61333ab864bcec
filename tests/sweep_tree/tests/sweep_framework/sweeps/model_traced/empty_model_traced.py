"""A suite without values."""

parameters = {"model_traced": {"traced_config_name": []}}


def run(traced_config_name, *, device):
    return True, "1.0"
