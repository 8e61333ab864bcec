"""What a bisection looks at; apart from the rest, since the command line needs it to list its options."""

from __future__ import annotations

from enum import Enum


class By(str, Enum):
    """What must differ from the oldest version."""

    VERDICT = "verdict"
    """The verdict or its reason."""
    OUTPUT = "output"
    """The spec of the output, or whether there is one."""
    MESSAGE = "message"
    """The message, apart from numbers and addresses in it."""
