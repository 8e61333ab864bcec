"""A ternary operation; names joined by a comma, a generator, values inside values."""

import ttnn


def shapes():
    for rows in (32, 64):
        yield [1, 1, rows, 32]


parameters = {
    "nightly": {
        "shape": shapes(),
        "dtype,memory": [
            (ttnn.bfloat16, {"all": ttnn.DRAM_MEMORY_CONFIG}),
            (ttnn.float32, {"all": ttnn.L1_MEMORY_CONFIG, "cores": (ttnn.CoreGrid(x=2, y=2), [1, (2.0, None)])}),
        ],
        "swap": [False, True],
    }
}


def run(shape, dtype, memory, swap, *, device):
    tensors = [
        ttnn.empty(shape, dtype=dtype, layout=ttnn.TILE_LAYOUT, device=device, memory_config=memory["all"])
        for _ in range(3)
    ]
    if swap:
        tensors[1], tensors[2] = tensors[2], tensors[1]
    ttnn.where(*tensors)
    return True, ""
