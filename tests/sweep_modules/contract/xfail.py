"""Suites that should fail: their names begin with `xfail`."""

import ttnn

parameters = {
    "nightly": {"columns": [32]},
    "xfail": {"columns": [64]},
    "xfail_but_does_not": {"columns": [32]},
}


def run(columns, *, device):
    one, other = (
        ttnn.empty(shape, dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
        for shape in ([1, 1, 32, 32], [1, 1, columns, 32])
    )
    ttnn.matmul(one, other)
    return True, ""
