"""The farm's token: whoever has it may run anything on the farm's hosts, so nothing listens without it."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from pathlib import Path

from farm.core.errors import FarmError, NotRunnable
from farm.core.files import write_atomically

LEAST = 16
"""Characters of the shortest token that is taken."""


def make_token(path: Path) -> Path:
    """The file with the farm's token; made, readable by its owner alone, where there is none.

    Raises:
        FarmError: the file is there and is no token, or others may read it.
        NotRunnable: it can't be written.
    """
    if not path.is_file():
        write_token(path, secrets.token_hex(32))
    return require_token(path)


def write_token(path: Path, token: str) -> None:
    """Writes a token so that only its owner can read it.

    Raises:
        FarmError: it is no token.
        NotRunnable: it can't be written.
    """
    _require_form(token, "the token given")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, token + "\n", mode=0o600)
    except OSError as error:
        raise NotRunnable(f"can't write the token to {path}: {error.strerror}") from error


def require_token(path: Path) -> Path:
    """The file, if it holds a token that others can't read.

    Raises:
        FarmError: it isn't there, is no token, or others may read it.
    """
    try:
        text, mode = path.read_text(encoding="utf-8").strip(), path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise FarmError(
            f"no token in {path}: bring the head's here (`ssh HEAD cat TOKENFILE | farm up --join ... --token-file -`)"
        ) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise FarmError(f"others may read the token in {path}: chmod 600 {path}")
    _require_form(text, str(path))
    return path


def take_token(given: Path, keep_at: Path) -> Path:
    """The file with the token: `given`, or where `-` is given, what standard input holds, kept at `keep_at`."""
    if str(given) == "-":
        write_token(keep_at, sys.stdin.read().strip())
        return keep_at
    return require_token(given)


def ray_environment(path: Path) -> dict[str, str]:
    """What makes Ray ask for this token, and show it."""
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(path.absolute())}


def use_token(path: Path) -> None:
    """Makes Ray, in this process, show this token from now on."""
    os.environ.pop("RAY_AUTH_TOKEN", None)
    os.environ.update(ray_environment(require_token(path)))
    if "ray" in sys.modules:
        # it read its environment when it was imported; this is how its own commands make it look again
        from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]  # noqa: TID251 - it is there

        Config.initialize("")
        AuthenticationTokenLoader.instance().reset_cache()


def _require_form(token: str, where: str) -> None:
    if len(token) < LEAST or not token.isascii() or not token.isprintable() or " " in token:
        raise FarmError(f"{where} is no token: one line of {LEAST} characters or more, without blanks")
