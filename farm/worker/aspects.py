"""The parts of a process's state that a sweep module may change: how each is read, compared and put back."""

from __future__ import annotations

import _random
import _signal  # type: ignore[import-not-found,unused-ignore]  # signal's own functions, without its enums: 5 times faster
import builtins
import ctypes
import decimal
import functools
import gc
import locale
import logging
import math
import os
import random
import resource
import signal
import struct
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import eq, is_
from pathlib import Path
from typing import Any

import ttnn

THREAD_SECONDS = 0.2
"""How long threads may take to end by themselves."""
_LOOK_SECONDS = 0.005
_SIGNALS = tuple(range(1, _signal.NSIG))
_TIMERS = _signal.ITIMER_REAL, _signal.ITIMER_VIRTUAL, _signal.ITIMER_PROF
_LIMITS = tuple(sorted({number for name, number in vars(resource).items() if name.startswith("RLIMIT_")}))
_LIBRARY_HELPERS = ("tqdm._monitor",)
"""Modules of libraries whose threads stay as long as the process, and touch nothing of another vector."""
_GENERATOR: Any = random.getstate.__self__  # type: ignore[attr-defined]  # that of the functions of `random`
_TWISTER_BYTES = 625 * 4
"""The state of a Mersenne twister: 624 words and a position."""
_ENVIRON = type(os.environ)
_ROOT = Path("/")
_CONFIG_FIELDS = tuple(
    name
    for name in dir(ttnn.CONFIG)
    if not name.startswith("_") and isinstance(getattr(ttnn.CONFIG, name), (bool, int, float, str))
)
"""Those of `ttnn.CONFIG` that change what operations do; its folders cost more to read than they could harm."""


class _Absent:
    """The type of `ABSENT`."""


ABSENT = _Absent()
"""What is read of a library while it isn't imported."""


@dataclass(frozen=True)
class Aspect:
    """One part of the state.

    Attributes:
        name: in words, as a plural that "left ... behind" takes.
        read: returns it; `ABSENT` while the library that it belongs to isn't imported.
        put_back: sets what was read earlier; None where no process can.
        same: whether what was read earlier still holds.
        harmless: whether a change may be expected, and tells nothing of the vectors after it once it is put back.
    """

    name: str
    read: Callable[[], Any]
    put_back: Callable[[Any], object] | None = None
    same: Callable[[Any, Any], bool] = eq
    harmless: bool = False


def _read_timers() -> Any:
    return [any(_signal.getitimer(timer)) for timer in _TIMERS]


def _stop_timers(running: Sequence[bool]) -> None:
    for timer, runs in zip(_TIMERS, running, strict=True):
        if not runs:
            _signal.setitimer(timer, 0)


def _read_handlers() -> Any:
    return list(map(_signal.getsignal, _SIGNALS))


def _put_handlers_back(handlers: Sequence[Any]) -> None:
    for number, handler in zip(_SIGNALS, handlers, strict=True):
        if _signal.getsignal(number) is not handler and handler is not None:
            _signal.signal(number, handler)


def _read_umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def folder() -> str:
    """The working directory; "" where it has been removed."""
    try:
        return os.getcwd()  # noqa: PTH109 - chdir's own counterpart
    except FileNotFoundError:
        return ""


def _read_environment() -> dict[Any, Any]:
    """The environment variables, undecoded: to decode them takes a hundred times as long."""
    variables = os.environ
    undecoded = getattr(variables, "_data", None) if type(variables) is _ENVIRON else None
    return dict(variables) if undecoded is None else dict(undecoded)


def _put_environment_back(variables: dict[Any, Any]) -> None:
    environment = {os.fsdecode(name): os.fsdecode(value) for name, value in variables.items()}
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)
    time.tzset()


def _read_threads() -> frozenset[int]:
    return frozenset(sys._current_frames())  # noqa: SLF001 - documented; it also has those without a Thread


def _no_other_threads(earlier: frozenset[int], now: frozenset[int]) -> bool:
    return now <= earlier or not _others(earlier, now)


def _others(earlier: frozenset[int], now: frozenset[int]) -> frozenset[int]:
    helpers = {thread.ident for thread in threading.enumerate() if type(thread).__module__ in _LIBRARY_HELPERS}
    return now - earlier - helpers


def _await_threads(earlier: frozenset[int]) -> None:
    end = time.monotonic() + THREAD_SECONDS
    while _others(earlier, _read_threads()) and time.monotonic() < end:
        time.sleep(_LOOK_SECONDS)


def _read_loggers() -> Any:
    loggers = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    return logging.root.manager.disable, {
        each: (each.level, each.propagate, each.disabled, tuple(each.handlers), tuple(each.filters))
        for each in (logging.root, *loggers)
    }


def _same_loggers(earlier: Any, now: Any) -> bool:
    return bool(earlier == now or (earlier[0] == now[0] and earlier[1].items() <= now[1].items()))


def _put_loggers_back(earlier: Any) -> None:
    logging.disable(earlier[0])
    for logger, (level, propagate, disabled, handlers, filters) in earlier[1].items():
        logger.setLevel(level)
        logger.propagate, logger.disabled = propagate, disabled
        logger.handlers[:], logger.filters[:] = handlers, filters


def _put_filters_back(filters: Sequence[Any]) -> None:
    warnings.resetwarnings()
    warnings.filters[:] = filters  # type: ignore[index]  # a list, which typeshed calls a sequence


def _read_import_path() -> Any:
    return list(sys.path), list(sys.meta_path), list(sys.path_hooks)


def _put_import_path_back(lists: Any) -> None:
    sys.path[:], sys.meta_path[:], sys.path_hooks[:] = lists


def _read_hooks() -> Any:
    return sys.gettrace(), sys.getprofile(), sys.getrecursionlimit(), sys.getswitchinterval(), list(sys.argv)


def _put_hooks_back(hooks: Any) -> None:
    trace, profile, depth, interval, arguments = hooks
    sys.settrace(trace)
    sys.setprofile(profile)
    sys.setrecursionlimit(depth)
    sys.setswitchinterval(interval)
    sys.argv[:] = arguments


def _read_collector() -> Any:
    return gc.isenabled(), gc.get_threshold(), gc.get_debug(), list(gc.callbacks)


def _put_collector_back(collector: Any) -> None:
    enabled, thresholds, debug, callbacks = collector
    (gc.enable if enabled else gc.disable)()
    gc.set_threshold(*thresholds)
    gc.set_debug(debug)
    gc.callbacks[:] = callbacks


def _read_limits() -> Any:
    return list(map(resource.getrlimit, _LIMITS))


def _put_limits_back(limits: Any) -> None:
    for number, limit in zip(_LIMITS, limits, strict=True):
        if resource.getrlimit(number) != limit:
            resource.setrlimit(number, limit)


def _read_scheduling() -> Any:
    return os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0)


def _put_scheduling_back(scheduling: Any) -> None:
    os.sched_setaffinity(0, scheduling[0])
    os.setpriority(os.PRIO_PROCESS, 0, scheduling[1])


def _read_user() -> Any:
    return os.getresuid(), os.getresgid(), _ROOT.stat().st_ino


def _read_streams() -> Any:
    return [bool(getattr(stream, "closed", False)) for stream in (sys.stdout, sys.stderr)]


def _read_config() -> Any:
    return [getattr(ttnn.CONFIG, name) for name in _CONFIG_FIELDS]


def _put_config_back(values: Any) -> None:
    for name, value in zip(_CONFIG_FIELDS, values, strict=True):
        if getattr(ttnn.CONFIG, name) != value:
            setattr(ttnn.CONFIG, name, value)


def _library(name: str) -> Any:
    """A library; None while it isn't imported."""
    return sys.modules.get(name)


def _read_torch() -> Any:
    """What holds of torch, as names; its own defaults while it isn't imported."""
    torch = _library("torch")
    if torch is None:
        return "torch.float32", True, False
    return str(torch.get_default_dtype()), torch.is_grad_enabled(), torch.are_deterministic_algorithms_enabled()


def _put_torch_back(state: Any) -> None:
    torch = _library("torch")
    if torch is not None:
        torch.set_default_dtype(getattr(torch, state[0].removeprefix("torch.")))
        torch.set_grad_enabled(state[1])
        torch.use_deterministic_algorithms(state[2])


def _random_words() -> Any:
    """The state of the generator of `random`, as it is in memory."""
    return ctypes.string_at(id(_GENERATOR) + object.__basicsize__, _TWISTER_BYTES)


def _finds_random_words() -> bool:
    """Whether this Python keeps that state where it is looked for: the position, then the words."""
    if _random.Random.__basicsize__ < object.__basicsize__ + _TWISTER_BYTES:
        return False
    *words, position = _GENERATOR.getstate()[1]
    return bool(_random_words() == struct.pack(f"=i{len(words)}I", position, *words))


_read_words = _random_words if _finds_random_words() else _GENERATOR.getstate


def _read_random() -> Any:
    raw = _read_words(), _GENERATOR.gauss_next
    return raw, _random_state(raw)


@functools.lru_cache(maxsize=2)
def _random_state(_raw: Any) -> Any:
    """The present state; see `_numpy_state`."""
    return _GENERATOR.getstate()


def _put_random_back(state: Any) -> None:
    _GENERATOR.setstate(state[1])


def _read_numpy() -> Any:
    numpy = _library("numpy")
    return ABSENT if numpy is None else (numpy.geterr(), numpy.geterrcall())


def _put_numpy_back(state: Any) -> None:
    numpy = _library("numpy")
    numpy.seterr(**state[0])
    numpy.seterrcall(state[1])


def _read_numpy_seed() -> Any:
    numpy = _library("numpy")
    if numpy is None:
        return ABSENT
    generator = numpy.random.get_bit_generator()
    if type(generator) is not numpy.random.MT19937:
        return ABSENT  # a module has put another one in its place
    raw = ctypes.string_at(generator.ctypes.state_address, _TWISTER_BYTES)
    return raw, _numpy_state(raw)


@functools.lru_cache(maxsize=2)
def _numpy_state(_raw: bytes) -> Any:
    """The present state, which these bytes are a part of: to read it all takes a hundred times as long."""
    return _library("numpy").random.get_state()


def _put_numpy_seed_back(state: Any) -> None:
    _library("numpy").random.set_state(state[1])


def _read_torch_seed() -> Any:
    torch = _library("torch")
    return ABSENT if torch is None else torch.get_rng_state()


def _same_torch_seed(earlier: Any, now: Any) -> bool:
    return bool(_library("torch").equal(earlier, now))


def _put_torch_seed_back(state: Any) -> None:
    _library("torch").set_rng_state(state)


def _read_decimals() -> Any:
    context = decimal.getcontext().copy()
    context.clear_flags()  # any computation sets them
    return str(context), context


def _block(signals: Any) -> None:
    _signal.pthread_sigmask(_signal.SIG_SETMASK, signals)


def shared_owners() -> list[Any]:
    """The modules and classes whose names are compared after each vector."""
    libraries = [_library(name) for name in ("numpy", "torch", "torch.nn.functional")]
    return [
        *(builtins, gc, logging, math, os, random, signal, subprocess, sys, threading, time, warnings),
        *(ttnn, ttnn.Tensor, ttnn.MeshDevice),
        *(each for each in libraries if each is not None),
    ]


IMPORT_PATHS = Aspect("import paths", _read_import_path, _put_import_path_back)
THREADS = Aspect("threads", _read_threads, _await_threads, _no_other_threads)
ASPECTS: tuple[Aspect, ...] = (
    # first those that could interrupt farm
    Aspect("timers", _read_timers, _stop_timers),
    Aspect("signal handlers", _read_handlers, _put_handlers_back),
    Aspect("blocked signals", lambda: _signal.pthread_sigmask(_signal.SIG_BLOCK, ()), _block),
    Aspect("limits of the process", _read_limits, _put_limits_back),
    Aspect("hooks of Python", _read_hooks, _put_hooks_back),
    Aspect("the working directory", folder, os.chdir),
    Aspect("environment variables", _read_environment, _put_environment_back),
    Aspect("the umask", _read_umask, os.umask),
    IMPORT_PATHS,
    Aspect("warning filters", lambda: list(warnings.filters), _put_filters_back),
    Aspect("loggers", _read_loggers, _put_loggers_back, _same_loggers),
    Aspect("the garbage collector's settings", _read_collector, _put_collector_back),
    Aspect("the locale", lambda: locale.setlocale(locale.LC_ALL), lambda name: locale.setlocale(locale.LC_ALL, name)),
    Aspect("the decimal context", _read_decimals, lambda read: decimal.setcontext(read[1]), lambda a, b: a[0] == b[0]),
    Aspect("the process's priority", _read_scheduling, _put_scheduling_back),
    Aspect("ttnn's default device", ttnn.GetDefaultDevice, ttnn.SetDefaultDevice, is_),
    Aspect("ttnn.CONFIG", _read_config, _put_config_back),
    Aspect("torch's defaults", _read_torch, _put_torch_back),
    Aspect("numpy's error handling", _read_numpy, _put_numpy_back),
    Aspect("random numbers", _read_random, _put_random_back, harmless=True),
    Aspect("numpy's random numbers", _read_numpy_seed, _put_numpy_seed_back, harmless=True),
    Aspect("torch's random numbers", _read_torch_seed, _put_torch_seed_back, _same_torch_seed, harmless=True),
    THREADS,
    Aspect("another user or root folder", _read_user),
    Aspect("a closed sys.stdout or sys.stderr", _read_streams),
)
