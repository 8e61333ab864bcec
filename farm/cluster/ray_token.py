"""The token that Ray requires and sends, in this process and in those that it starts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TOKEN_VARIABLES = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")


def ray_environment(path: Path) -> dict[str, str]:
    """The environment variables that make Ray require the token in a file, and send it."""
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(path.absolute())}


def send_token(path: Path) -> None:
    """Make Ray, in this process, send the token in a file from now on."""
    os.environ.pop("RAY_AUTH_TOKEN", None)
    os.environ.update(ray_environment(path))
    _read_environment()


@contextmanager
def token_sent(path: Path) -> Iterator[None]:
    """Make Ray, in this process, send the token in a file for the time of a `with` block."""
    before = {name: os.environ[name] for name in _TOKEN_VARIABLES if name in os.environ}
    send_token(path)
    try:
        yield
    finally:
        for name in _TOKEN_VARIABLES:
            os.environ.pop(name, None)
        os.environ.update(before)
        _read_environment()


def _read_environment() -> None:
    """Make an imported Ray read its environment once more."""
    if "ray" in sys.modules:
        # it read its environment when it was imported; this is how its own commands make it look again
        from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]  # noqa: TID251 - it is there

        Config.initialize("")
        AuthenticationTokenLoader.instance().reset_cache()
