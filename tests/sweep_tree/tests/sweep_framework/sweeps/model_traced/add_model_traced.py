"""Information about the vector, and a `run()` that takes a part of it."""

import ttnn
from tests.sweep_framework.sweep_utils.tensors import tensor

NAMES = "rows,traced_source,traced_machine_info,suite_name,input_hash,timestamp,validity"
parameters = {"model_traced": {NAMES: [(32, "a.py", [{"board_type": "n300"}], "x", "1", "now", "VALID")]}}


def run(rows, traced_source=None, *, device):
    if traced_source != "a.py":
        raise ValueError(traced_source)
    ttnn.add(tensor(device, rows), 1.0)
    return True, "1.0"
