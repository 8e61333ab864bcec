"""The `farm` command; `python -m farm` is the same.

This module imports nothing that takes time, so that Ctrl-C is caught before the imports that do.
"""

from __future__ import annotations

import atexit
import gc
from collections import namedtuple

from farm.core.stop_signals import CommandSignals


def main() -> None:
    """Run the `farm` command."""
    # at exit, Python collects garbage in everything that was imported, which takes longer than most imports
    atexit.register(gc.freeze)
    signals = CommandSignals()
    signals.install()
    from farm.cli import main as run

    signals.imported()
    try:
        run()
    finally:
        # Once KeyboardInterrupt has left a text that Python evaluates, as it does to define a dataclass, Python ends by
        # SIGINT, whatever the exit code, even if it was caught. It forgets that when it evaluates the next one: here.
        namedtuple("_Forgotten", ())


if __name__ == "__main__":
    main()
