"""Simulated boards: tt-metal's own simulator path, a `libttsim.so` that computes for real, slowly.

`TT_METAL_SIMULATOR` names the library; a `soc_descriptor.yaml` must stand beside it, and dispatch is slow dispatch.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from farm.core.board import Board, BoardKind
from farm.core.errors import NotRunnable

SIMULATOR_VARIABLE = "TT_METAL_SIMULATOR"


def sim_boards(kind: BoardKind, count: int, environment: Mapping[str, str] | None = None) -> list[Board]:
    """`count` simulated boards of a kind.

    Raises:
        NotRunnable: `TT_METAL_SIMULATOR` is not set, or names no library with its descriptor beside it.
    """
    given = (os.environ if environment is None else environment).get(SIMULATOR_VARIABLE, "")
    if not given:
        raise NotRunnable(f"sim:{kind.name} needs a simulator: set {SIMULATOR_VARIABLE} to a libttsim.so")
    library = Path(given)
    descriptor = library.with_name("soc_descriptor.yaml")
    for needed in (library, descriptor):
        if not needed.is_file():
            raise NotRunnable(f"{SIMULATOR_VARIABLE}={given}: {needed} is not there")
    return [
        Board(
            id=f"sim:{kind.name}:{number}",
            backend="sim",
            kind=kind,
            environment={SIMULATOR_VARIABLE: str(library.absolute()), "TT_METAL_SLOW_DISPATCH_MODE": "1"},
        )
        for number in range(count)
    ]
