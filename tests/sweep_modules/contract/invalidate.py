"""Some permutations make no sense, and the module says so."""

import ttnn

parameters = {
    "nightly": {
        "layout": [ttnn.TILE_LAYOUT, ttnn.ROW_MAJOR_LAYOUT],
        "dtype": [ttnn.bfloat16, ttnn.bfloat8_b],
    }
}


def invalidate_vector(test_vector):
    if test_vector["layout"] == ttnn.ROW_MAJOR_LAYOUT and test_vector["dtype"] == ttnn.bfloat8_b:
        return True, "bfloat8_b needs tiles"
    return False, None


def run(layout, dtype, *, device):
    ttnn.relu(ttnn.empty([1, 1, 32, 32], dtype=dtype, layout=layout, device=device))
    return True, ""
