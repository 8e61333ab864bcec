"""A host where ttnn finds no board: what to tell the user instead of ttnn's backtrace."""

from __future__ import annotations

_NO_CHIPS = "No chips detected in the cluster"  # tt-metal's words


def lacks_board(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is ttnn's on a host where it finds no board."""
    while error is not None:
        if isinstance(error, RuntimeError) and _NO_CHIPS in str(error):
            return True
        error = error.__cause__
    return False


def advice(target: str) -> str:
    """Return the line about what is missing and what to do; `target` is what was to be traced."""
    return f"no board: ttnn finds no chip on this host; to trace on a mock board: farm trace {target} --board mock:n300"
