"""The `farm` command; `python -m farm` is the same.

This module imports nothing that takes time, so that Ctrl-C is caught before the imports that do.
"""

from __future__ import annotations

import atexit
import gc

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
        # Once KeyboardInterrupt has left a call of `exec`, Python ends by SIGINT, whatever the exit code, even if it
        # was caught. The definition of a dataclass is such a call. The next call makes Python forget that.
        exec("")  # noqa: S102 - it runs nothing


if __name__ == "__main__":
    main()
