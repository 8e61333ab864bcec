"""Ray leaves SIGTERM to farm; `tests/farm/cli/test_stop_signals.py` sends it to a run with Ray."""

from __future__ import annotations

import ctypes

import pytest

from farm.cluster import ray_signals
from farm.cluster.ray_client import ray


def test_the_installed_ray_has_the_names() -> None:
    library = ctypes.CDLL(ray._raylet.__file__)
    ctypes.c_bool.in_dll(library, ray_signals.INSTALLED_FLAG)  # a ValueError if there is none
    assert callable(getattr(ray._private.utils, ray_signals.PYTHON_SETTER))


def test_they_are_replaced_while_ray_starts_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    flag = ctypes.c_bool.in_dll(ctypes.CDLL(ray._raylet.__file__), ray_signals.INSTALLED_FLAG)
    setter = getattr(ray._private.utils, ray_signals.PYTHON_SETTER)
    states: list[tuple[str, bool, bool]] = []

    def note(name: str) -> None:
        states.append((name, flag.value, getattr(ray._private.utils, ray_signals.PYTHON_SETTER) is setter))

    monkeypatch.setattr(ray, "init", lambda **_options: note("init"))
    monkeypatch.setattr(ray, "shutdown", lambda: note("shutdown"))
    ray_signals.start_ray()
    ray_signals.end_ray()
    assert states == [("init", True, False), ("shutdown", False, True)]
    assert getattr(ray._private.utils, ray_signals.PYTHON_SETTER) is setter


def test_a_ray_without_them_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(ray_signals, "INSTALLED_FLAG", "no_such_flag")
    monkeypatch.setattr(ray_signals, "PYTHON_SETTER", "no_such_function")
    monkeypatch.setattr(ray, "init", lambda **_options: calls.append("init"))
    ray_signals.start_ray()
    assert calls == ["init"]
