"""A worker attached to the terminal of the command that started it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terminal:
    """The options of an interactive worker: it has the command's own input and output, and no deadlines.

    Ctrl-C reaches it, since it stays in the command's process group.

    Attributes:
        debugger: whether pdb opens in it if a call raises.
    """

    debugger: bool = False
