"""Values that nothing can write down: such a vector is known by its place in its suite."""

import ttnn


class Factory:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"Factory({self.name})"


parameters = {
    "nightly": {
        "factory": [Factory("relu"), Factory("gelu")],
        "operation": [ttnn.relu, ttnn.silu],
        "factor": [1, 2.0],
    }
}


def run(factory, operation, factor, *, device):
    given = ttnn.empty([1, 1, 32, 32], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    operation(getattr(ttnn, factory.name)(given))
    return True, f"{factory.name} {factor}"
