"""The farm's token: a secret shared by all hosts of a farm. Nothing listens on the network without it."""

from __future__ import annotations

import secrets
import stat
import sys
from pathlib import Path

from farm.cluster.ray_credentials import RayCredentials, send_credentials
from farm.core.errors import FarmError, NotRunnable
from farm.core.files import write_state

SHORTEST = 16
"""Characters of the shortest token that is accepted."""


def make_token(path: Path) -> Path:
    """The file with the farm's token; where there is none, a token is made, readable by its owner alone.

    Raises:
        FarmError: the file has no valid token, or others may read it.
        NotRunnable: it can't be written.
    """
    if not path.is_file():
        write_token(path, secrets.token_hex(32))
    return require_token(path)


def write_token(path: Path, token: str) -> None:
    """Write a token so that only its owner can read it.

    Raises:
        FarmError: the token is invalid.
        NotRunnable: it can't be written.
    """
    _validate(token, "the token given")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_state(path, token + "\n")
    except OSError as error:
        raise NotRunnable(f"can't write the token to {path}: {error.strerror}") from error


def require_token(path: Path) -> Path:
    """The file, if it holds a token that others can't read.

    Raises:
        FarmError: there is no such file, it has no valid token, or others may read it.
    """
    try:
        text, mode = path.read_text(encoding="utf-8").strip(), path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise FarmError(
            f"no token in {path}: bring the head's here (`ssh HEAD cat TOKENFILE | farm up --join ... --token-file -`)"
        ) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise FarmError(f"others may read the token in {path}: chmod 600 {path}")
    _validate(text, str(path))
    return path


def read_token(source: Path, keep_at: Path) -> Path:
    """The file with the token.

    Args:
        source: the file; `-` reads the token from standard input.
        keep_at: where a token from standard input is kept.
    """
    if str(source) == "-":
        write_token(keep_at, sys.stdin.read().strip())
        return keep_at
    return require_token(source)


def use_token(path: Path, certificates: Path | None = None) -> None:
    """Make Ray, in this process, send this token from now on, encrypted where there is a folder of certificates."""
    send_credentials(RayCredentials(require_token(path), certificates))


def _validate(token: str, where: str) -> None:
    if len(token) < SHORTEST or not token.isascii() or not token.isprintable() or " " in token:
        raise FarmError(f"{where} is no token: one line of {SHORTEST} characters or more, without blanks")
