"""The `farm` command; `python -m farm` is the same.

This module imports nothing that takes time, so that Ctrl-C is caught before the imports that do.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal

_INTERRUPTED = 130  # `ExitCode.INTERRUPTED`, without an import


def main() -> None:
    """Run the `farm` command."""
    # at exit, Python collects garbage in everything that was imported, which takes longer than most imports
    atexit.register(gc.freeze)
    catches = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # a background job ignores Ctrl-C
    if catches:
        signal.signal(signal.SIGINT, _end)
    from farm.cli import main as run

    if catches:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


def _end(_number: int, _frame: object) -> None:
    """End the process at once: there is nothing to clean up, and imports of others may drop an exception."""
    os.write(2, b"farm: stopped\n")
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
