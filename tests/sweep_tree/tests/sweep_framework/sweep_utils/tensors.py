"""What several modules share."""

import ttnn


def tensor(device, rows, dtype=ttnn.bfloat16):
    return ttnn.ones([1, 1, rows, 32], dtype=dtype, layout=ttnn.TILE_LAYOUT, device=device)
