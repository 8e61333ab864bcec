"""A sweep module whose vectors harm the process they run in, each beside good ones of the same process.

`WAYS` has every way by its name; what each may end as is in `tests.chaos.vectors.HOSTILE`. Nothing here deletes or
overwrites a file that it didn't make itself.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import importlib.util
import json
import logging
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

# Imported here, since that takes seconds on a busy machine.
torch: Any = importlib.import_module("torch") if importlib.util.find_spec("torch") else None

TIMEOUT = 30
LONG = 600
"""Seconds that a process which is left behind would live."""
_PROGRAM_WRITING = """
import contextlib, os
for descriptor in range(3, 64):
    with contextlib.suppress(OSError):
        os.write(descriptor, b"no frame" * 100)
"""
_PROGRAM_SLEEPING = f"import time; time.sleep({LONG})  # {os.environ.get('CHAOS_RUN', '')}"
_kept: list[Any] = []


class TextlessError(Exception):
    """An exception that has no text."""

    def __str__(self) -> str:
        """Raise, as a careless class does."""
        raise ValueError("no text")

    __repr__ = __str__


def _raise(error: BaseException) -> NoReturn:
    raise error


def _open_descriptors() -> list[int]:
    return sorted(int(name) for name in os.listdir("/proc/self/fd") if int(name) > 2)  # noqa: PTH208 - no Path opened


def _write_everywhere(data: bytes) -> None:
    for descriptor in _open_descriptors():
        with contextlib.suppress(OSError):
            os.set_blocking(descriptor, False)
            os.write(descriptor, data)


def _fork_that_returns() -> None:
    os.fork()


def _fork_that_raises() -> None:
    if os.fork() == 0:
        raise RuntimeError("in a child")


def _fork_that_stays() -> None:
    if os.fork() == 0:
        os.setsid()
        time.sleep(LONG)
        os._exit(0)


def _daemon() -> None:
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(LONG)
        os._exit(0)
    os.waitpid(child, 0)


def _program_that_stays() -> None:
    subprocess.Popen([sys.executable, "-c", _PROGRAM_SLEEPING], start_new_session=True, env={})


def _program_that_writes() -> None:
    for descriptor in _open_descriptors():
        os.set_inheritable(descriptor, True)  # noqa: FBT003 - it takes no keyword
    subprocess.run([sys.executable, "-c", _PROGRAM_WRITING], close_fds=False, check=False)


def _exhausted_descriptors() -> None:
    with contextlib.suppress(OSError):
        while True:
            _kept.append(os.dup(2))


def _closed_descriptors() -> None:
    for descriptor in _open_descriptors():
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _closed_standard_streams() -> None:
    for descriptor in range(3):
        os.close(descriptor)


def _gone_directory() -> None:
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        os.chdir(folder)


def _alarm() -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 0.3)


def _ignored_signals() -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(each, signal.SIG_IGN)


def _replaced_operation() -> None:
    import ttnn

    ttnn.add = lambda *_, **__: _raise(RuntimeError("left behind by a neighbour"))


def _replaced_functions() -> None:
    refuse: Any = lambda *_, **__: _raise(RuntimeError("left behind by a neighbour"))  # noqa: E731 - one for all
    json.dumps = json.loads = os.write = os.read = time.sleep = time.monotonic = refuse


def _replaced_builtins() -> None:
    refuse: Any = lambda *_, **__: _raise(RuntimeError("left behind by a neighbour"))  # noqa: E731 - one for all
    builtins.open = builtins.isinstance = builtins.sorted = refuse


def _low_limit() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def _threads() -> None:
    for _ in range(8):
        threading.Thread(target=time.sleep, args=(LONG,), daemon=True).start()
    threading.Thread(target=time.sleep, args=(LONG,)).start()


def _seeds() -> None:
    random.seed(0)
    if torch is not None:
        torch.manual_seed(0)
        torch.set_default_dtype(torch.float64)


def _gigabyte_of_output() -> None:
    line = b"much to say " * 10_000 + b"\n"
    for _ in range((1 << 30) // len(line) + 1):
        os.write(1, line)


def _memory() -> None:
    """Use more than `tests.chaos.vectors.WORKER_MEMORY`, but never so much that the host is in need."""
    for _ in range(64):
        _kept.append(b"x" * (64 << 20))
        time.sleep(0.1)
    time.sleep(TIMEOUT)


def _endless_line() -> None:
    for _ in range(1_000):
        os.write(2, b"x" * 65_536)


WAYS: dict[str, Callable[[], object]] = {
    "good": lambda: None,
    "fork that returns": _fork_that_returns,
    "fork that raises": _fork_that_raises,
    "fork that stays": _fork_that_stays,
    "daemon": _daemon,
    "program that stays": _program_that_stays,
    "program that writes": _program_that_writes,
    "text on all descriptors": lambda: _write_everywhere(b'{"kind": "done"}\n' * 40),
    "bytes on all descriptors": lambda: _write_everywhere(bytes(range(256)) * 16),
    "an endless line": lambda: _write_everywhere(b"x" * (1 << 16)),
    "closed descriptors": _closed_descriptors,
    "closed standard streams": _closed_standard_streams,
    "exhausted descriptors": _exhausted_descriptors,
    "textless exception": lambda: _raise(TextlessError()),
    "KeyboardInterrupt": lambda: _raise(KeyboardInterrupt()),
    "SystemExit": lambda: _raise(SystemExit(0)),
    "GeneratorExit": lambda: _raise(GeneratorExit()),
    "gone directory": _gone_directory,
    "empty environment": os.environ.clear,
    "umask": lambda: os.umask(0o777),
    "alarm": _alarm,
    "ignored signals": _ignored_signals,
    "replaced operation": _replaced_operation,
    "replaced functions": _replaced_functions,
    "replaced builtins": _replaced_builtins,
    "no standard output": lambda: setattr(sys, "stdout", None),
    "recursion limit": lambda: sys.setrecursionlimit(60),
    "empty path": sys.path.clear,
    "low limit": _low_limit,
    "threads": _threads,
    "trace function": lambda: sys.settrace(lambda *_: _raise(RuntimeError("left behind by a neighbour"))),
    "logging": lambda: logging.disable(logging.CRITICAL),
    "warnings": lambda: warnings.simplefilter("error"),
    "no garbage collection": gc.disable,
    "seeds": _seeds,
    "a gigabyte of output": _gigabyte_of_output,
    "endless line of output": _endless_line,
    "memory": _memory,
}
_ways = [name for name in os.environ.get("CHAOS_WAYS", "").split(",") if name] or [
    name for name in WAYS if name != "good"
]
parameters = {
    f"beside {name}": {
        "number": list(range(int(os.environ.get("CHAOS_HOSTILE", "1")))),
        "how": ["good", name, "good again", "good at last"],
    }
    for name in _ways
}


def run(how: str, number: int, *, device: Any) -> tuple[bool, str]:
    """Do the harm that `how` names; a good vector calls an operation and looks at what a neighbour might have left."""
    import ttnn

    if how.startswith("good"):
        tensor = ttnn.ones((1, 1, 32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
        output = ttnn.add(tensor, float(number))
        sound = list(output.shape) == [1, 1, 32, 32] and bool(os.environ.get("PATH")) and Path.cwd().is_dir()
        return sound, "" if sound else "the process is not as it was"
    WAYS[how]()
    return True, ""
