"""Keep Ray from handling SIGTERM in this process: a driver that gets one stops cleanly, and writes its report.

Ray handles it twice. Its Python part sets a handler that exits; its C++ part sets one that prints a stack, and puts the
default back as it ends. It notes in a flag whether it has done so. Ray has no option for either, so the flag and the
Python part's function are replaced while Ray starts and ends. A version of Ray without those names handles SIGTERM
itself.
"""

from __future__ import annotations

import ctypes
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from farm.cluster.ray_client import ray

INSTALLED_FLAG = "_ZN3ray6RayLog36is_failure_signal_handler_installed_E"
"""The C++ name of the flag, `ray::RayLog::is_failure_signal_handler_installed_`."""
PYTHON_SETTER = "set_sigterm_handler"
"""The function of `ray._private.utils` that sets the Python part's handler."""


def start_ray(**options: Any) -> None:
    """Call `ray.init`, which leaves the handlers of signals as they are.

    Args:
        options: those of `ray.init`.
    """
    with _python_handler_left():
        _set_flag(installed=True)
        ray.init(**options)


def end_ray() -> None:
    """Call `ray.shutdown`, which leaves the handlers of signals as they are."""
    _set_flag(installed=False)
    ray.shutdown()


@contextmanager
def _python_handler_left() -> Iterator[None]:
    """Let the Python part set no handler during a `with` block; as in every other thread than the main one."""
    utils = importlib.import_module("ray._private.utils")
    setter = getattr(utils, PYTHON_SETTER, None)
    if setter is None:
        yield
        return
    setattr(utils, PYTHON_SETTER, _set_nothing)
    try:
        yield
    finally:
        setattr(utils, PYTHON_SETTER, setter)


def _set_flag(*, installed: bool) -> None:
    """Say whether the C++ part has set its handler, so that it sets none, or puts back none."""
    library = importlib.import_module("ray._raylet").__file__
    try:
        flag = ctypes.c_bool.in_dll(ctypes.CDLL(library), INSTALLED_FLAG)
    except (ValueError, OSError):  # this version has none
        return
    flag.value = installed


def _set_nothing(*_: object) -> None:
    """Stand in for the function that sets a handler."""
