"""The display of a step that takes seconds, such as an installation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TextIO, TypeAlias

from rich.console import Console
from rich.markup import escape

from farm.report.text import first_line

Step: TypeAlias = Callable[[str], AbstractContextManager[None]]
"""Shows a text while a `with` block runs."""


@contextmanager
def silent(_text: str) -> Iterator[None]:
    """Show nothing."""
    yield


def steps_on(stream: TextIO) -> Step:
    """A display of steps on a stream: a spinner on a terminal, a line before each step elsewhere."""
    console = Console(file=stream)

    @contextmanager
    def step(text: str) -> Iterator[None]:
        line, began = first_line(text), time.monotonic()
        if console.is_terminal and not console.is_dumb_terminal:
            with console.status(escape(line)):
                yield
        else:
            stream.write(f"farm: {line}\n")
            stream.flush()
            yield
        stream.write(f"farm: {line}: done in {time.monotonic() - began:.0f} s\n")
        stream.flush()

    return step
