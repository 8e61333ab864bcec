"""The terminal: its console, and the colours of states, verdicts and categories. Imports little."""

from __future__ import annotations

import io
import os
import sys

from rich.console import Console

from farm.core.verdicts import Category, Verdict
from scheduler.board_state import BoardState

_UNWRAPPED = 100_000
"""A width that no line reaches."""
_COLOURS = {Category.GOOD: "green", Category.FAILED: "red", Category.FAULT: "magenta", Category.NOT_RUN: "yellow"}

_STATE_COLOURS = {
    BoardState.HEALTHY: "green",
    BoardState.BUSY: "cyan",
    BoardState.SUSPECT: "yellow",
    BoardState.RESETTING: "yellow",
    BoardState.LEAVING: "yellow",
    BoardState.HELD: "red",
    BoardState.LOST: "red",
    BoardState.RETIRED: "red",
}


def state_style(state: BoardState) -> str:
    """Return the style of a board's state in the terminal."""
    return _STATE_COLOURS.get(state, "dim")


def verdict_style(verdict: Verdict) -> str:
    """Return the colour of a verdict in the terminal."""
    return category_style(verdict.category)


def category_style(category: Category) -> str:
    """Return the colour of a category in the terminal."""
    return _COLOURS[category]


def stdout_console() -> Console:
    """Return the console for stdout; characters that its encoding lacks are printed as escapes.

    Without a terminal, no line is wrapped: programs such as grep read one record a line.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _UNWRAPPED
    return console
