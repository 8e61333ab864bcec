"""The advice on installing ttnn, for errors raised when ttnn can't be imported."""

from __future__ import annotations

import platform
import sys

WHEEL_PYTHONS = ("3.10", "3.12")
"""The CPython versions that ttnn publishes wheels for, on x86-64 Linux."""


def install_hint() -> str:
    """Return how to install ttnn for this Python: from a wheel, if there is one."""
    version = ".".join(platform.python_version_tuple()[:2])
    if version in WHEEL_PYTHONS and (sys.platform, platform.machine()) == ("linux", "x86_64"):
        return "install it with: pip install 'ttnn-farm[ttnn]'"
    return (
        f"ttnn has no wheel for CPython {version} on {sys.platform} {platform.machine()}: use CPython "
        f"{' or '.join(WHEEL_PYTHONS)} on x86-64 Linux, or the Python of your tt-metal"
    )
