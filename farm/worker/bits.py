"""Numbers of host tensors as bit patterns, so that NaNs and signed zeros compare, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import ttnn

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WORDS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


def bits(host: Any) -> NDArray[Any]:
    """The numbers of a host tensor as unsigned integers of their width, in its logical shape.

    Those of block floats are as float32: two of them are equal where their bits are.

    Raises:
        ImportError: there is no torch.
    """
    import torch  # ttnn.to_torch needs it

    numbers = ttnn.to_torch(host).contiguous()
    if numbers.dtype == torch.bfloat16:  # numpy has none
        numbers = numbers.view(torch.int16)
    array: NDArray[Any] = numbers.numpy()
    return array.view(_WORDS[array.dtype.itemsize])


def shown(word: int, dtype: str) -> str:
    """A word as people read it: the number and its bits.

    Args:
        word: an element of what `bits` returns.
        dtype: the tensor's, by ttnn's name.
    """
    if dtype == "BFLOAT16":
        return f"{np.uint32(int(word) << 16).view(np.float32):g} (0x{int(word):04x})"
    if dtype in ("FLOAT32", "BFLOAT8_B", "BFLOAT4_B"):
        return f"{np.uint32(word).view(np.float32):g} (0x{int(word):08x})"
    return f"{int(word)} (0x{int(word):x})"
