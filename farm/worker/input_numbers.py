"""Numbers for the tensors that calls run on."""

from __future__ import annotations

from typing import Any

import numpy as np


class Numbers:
    """Numbers for inputs: the same ones for a vector whenever it runs, different ones for each of its tensors."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Start again with the same numbers, for the next vector."""
        self._generator: np.random.Generator | None = None

    def __call__(self, shape: tuple[int, ...], kind: Any) -> Any:
        """Make numbers that every dtype holds well: 0 and 1 for integers, otherwise uniform between -1 and 1."""
        if self._generator is None:  # it takes a while to make, and a mock board needs none
            self._generator = np.random.default_rng(0)
        if np.issubdtype(kind, np.integer):
            return self._generator.integers(0, 2, shape).astype(kind)
        return self._generator.uniform(-1, 1, shape).astype(kind)
