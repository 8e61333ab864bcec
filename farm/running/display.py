"""The choice of display for a stream."""

from __future__ import annotations

import os
from typing import TextIO

from rich.console import Console

from farm.core.progress import Progress
from farm.running.live import LiveProgress
from farm.running.plain import PlainProgress


def progress_on(stream: TextIO) -> Progress:
    """Return the display for a stream: live on a terminal, plain lines in a file, a pipe or a CI job."""
    console = Console(file=stream)
    live = stream.isatty() and not console.is_dumb_terminal and not os.environ.get("CI")
    return LiveProgress(console) if live else PlainProgress(stream)
