"""The state of the process that a sweep module may change, saved and restored between vectors and modules."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ttnn


@dataclass(frozen=True)
class ProcessState:
    """The state that is the same for each vector.

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


@dataclass(frozen=True)
class Surroundings:
    """The state that is the same for each sweep module: of the process, and of the libraries that modules share.

    Attributes:
        process: see `ProcessState`.
        names: ttnn's, with what they stand for.
        torch: torch's default for floats, and whether it records gradients; None where it isn't imported.
    """

    process: ProcessState
    names: dict[str, Any]
    torch: tuple[Any, bool] | None

    @classmethod
    def now(cls) -> Surroundings:
        """The present state."""
        return cls(ProcessState.now(), dict(vars(ttnn)), _torch_state())

    def restore(self) -> None:
        """Undo what has changed since. A new name of ttnn stays: it may be a part that was imported since."""
        self.process.restore()
        names = vars(ttnn)
        names.update({name: value for name, value in self.names.items() if names.get(name) is not value})
        if (torch := sys.modules.get("torch")) is not None and _torch_state() != self.torch:
            dtype, records_gradients = self.torch or (torch.float32, True)
            torch.set_default_dtype(dtype)
            torch.set_grad_enabled(records_gradients)


def _torch_state() -> tuple[Any, bool] | None:
    torch = sys.modules.get("torch")
    return None if torch is None else (torch.get_default_dtype(), torch.is_grad_enabled())


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
