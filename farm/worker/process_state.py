"""The state of the process that a sweep module may change: each vector finds it as the one before did."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ttnn


@dataclass(frozen=True)
class ProcessState:
    """What a vector finds.

    Attributes:
        folder: the working directory.
        environment: the environment variables.
        default_device: ttnn's; None where none is set.
    """

    folder: str
    environment: dict[str, str]
    default_device: Any | None

    @classmethod
    def now(cls) -> ProcessState:
        """The present state."""
        return cls(_folder(), dict(os.environ), ttnn.GetDefaultDevice())

    def restore(self) -> None:
        """Undo what has changed since."""
        if _folder() != self.folder:
            with contextlib.suppress(OSError):
                os.chdir(self.folder)
        if dict(os.environ) != self.environment:
            for name in os.environ.keys() - self.environment.keys():
                del os.environ[name]
            os.environ.update(self.environment)
        if ttnn.GetDefaultDevice() is not self.default_device:
            ttnn.SetDefaultDevice(self.default_device)


@contextlib.contextmanager
def kept_state() -> Iterator[None]:
    """Undo, at the end of a `with` block, what has changed in it."""
    state = ProcessState.now()
    try:
        yield
    finally:
        state.restore()


def _folder() -> str:
    """The working directory; "" where it has been removed."""
    try:
        return os.getcwd()  # noqa: PTH109 - chdir's own counterpart
    except FileNotFoundError:
        return ""
