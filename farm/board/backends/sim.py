"""Simulated boards: tt-metal's own simulator path, a `libttsim.so` that computes for real, slowly.

`TT_METAL_SIMULATOR` names the library; it needs a `soc_descriptor.yaml` in the same folder, and slow dispatch.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from farm.board.backends.base import SLOW_DISPATCH_LACK, VirtualBackend
from farm.core.board import BoardKind
from farm.core.errors import NotRunnable
from farm.core.lacks import Lack
from scheduler.costs import SetupCosts

SIMULATOR_VARIABLE = "TT_METAL_SIMULATOR"


NO_LOAD_MACRO_VARIABLE = "TT_METAL_DISABLE_SFPLOADMACRO"
"""Keeps kernels from an instruction that the simulator lacks; it is the simulator's own advice."""
LACKS = (
    Lack(
        "the simulator can't do this",
        r"\b(Unsupported|Unimplemented|Untested)Functionality\b|\bMissingSpecification\b",
    ),
    Lack("the simulator itself failed", r"\bERROR: AssertionFailure\b"),
    SLOW_DISPATCH_LACK,
)
"""The simulator's categories of errors that say nothing of what it simulates. It ends its process with exit code 1."""


class Sim(VirtualBackend):
    """Boards of the simulator that this host's environment names."""

    name = "sim"
    canary_by_default = False  # each call takes as long as the simulator needs for it, and a watched one is made twice
    setup = SetupCosts(switch=5.0, first=3.0)
    lacks = LACKS

    def environment(self, kind: BoardKind) -> dict[str, str]:
        """See `VirtualBackend`."""
        return {
            SIMULATOR_VARIABLE: str(simulator(kind)),
            "TT_METAL_SLOW_DISPATCH_MODE": "1",
            NO_LOAD_MACRO_VARIABLE: os.environ.get(NO_LOAD_MACRO_VARIABLE, "1"),
        }


def simulator(kind: BoardKind, environment: Mapping[str, str] = os.environ) -> Path:
    """The simulator's library.

    Raises:
        NotRunnable: `TT_METAL_SIMULATOR` is not set, or names no library with its descriptor beside it.
    """
    name = environment.get(SIMULATOR_VARIABLE, "")
    if not name:
        raise NotRunnable(f"sim:{kind.name} needs a simulator: set {SIMULATOR_VARIABLE} to a libttsim.so")
    library = Path(name)
    for file in (library, library.with_name("soc_descriptor.yaml")):
        if not file.is_file():
            raise NotRunnable(f"{SIMULATOR_VARIABLE}={name}: {file} is not there")
    return library.absolute()
