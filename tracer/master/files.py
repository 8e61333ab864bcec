"""Loading and storing a master's text; every way a file can be wrong has its own message."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from tracer.errors import MasterError
from tracer.formats.reader import names
from tracer.limits import KEPT_LEVELS

NON_FINITE = {"Infinity": "inf", "-Infinity": "-inf", "NaN": "nan"}
"""Python's spellings of the numbers that JSON doesn't have, and version 2's."""

READ = f"farm reads these formats: {', '.join(names())}"
"""What else a file may be, in an error that says that it is no master."""

_OTHER_FILES = {
    b"\x1f\x8b": "it is compressed by gzip; unpack it first",
    b"BZh": "it is compressed by bzip2; unpack it first",
    b"\xfd7zXZ": "it is compressed by xz; unpack it first",
    b"\x28\xb5\x2f\xfd": "it is compressed by zstd; unpack it first",
    b"PK\x03\x04": "it is a zip archive; unpack it first",
    b"\xff\xfe": "it is UTF-16; save it as UTF-8",
    b"\xfe\xff": "it is UTF-16; save it as UTF-8",
}
"""What files that aren't UTF-8 begin with, and what to do about them."""


def load(path: Path) -> Any:
    """Load the JSON in a file.

    Raises:
        MasterError: missing, a directory, unreadable, not UTF-8, cut off, not JSON.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise MasterError(f"{path}: no such file; name a master, or trace one with `farm trace`") from None
    except IsADirectoryError:
        raise MasterError(
            f"{path}: is a directory; name the file in it, or load all of them with `farm trace --load`"
        ) from None
    except OSError as error:
        raise MasterError(f"{path}: can't be read: {error.strerror or error}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        hint = next((hint for magic, hint in _OTHER_FILES.items() if data.startswith(magic)), READ)
        raise MasterError(f"{path}: not UTF-8 text (byte {error.start}); {hint}") from None
    if not text.strip():
        raise MasterError(f"{path}: is empty; restore it, or remove it and trace again")
    try:
        return json.loads(text, parse_constant=NON_FINITE.__getitem__)
    except json.JSONDecodeError as error:
        if _cut_off(error):
            raise MasterError(
                f"{path}: cut off at line {error.lineno}, column {error.colno}; restore the whole file, or trace again"
            ) from None
        raise MasterError(
            f"{path}: not JSON at line {error.lineno}, column {error.colno}: {error.msg}; {READ}"
        ) from None
    except RecursionError:
        raise MasterError(f"{path}: nested deeper than {KEPT_LEVELS} levels") from None
    except ValueError as error:  # a number of too many digits
        raise MasterError(f"{path}: can't be read as a master: {str(error).partition(';')[0]}") from None


def _cut_off(error: json.JSONDecodeError) -> bool:
    """Return whether the text is JSON up to its end."""
    rest = error.doc[error.pos :].rstrip()
    unfinished = any(word.startswith(rest) for word in ("true", "false", "null", "-", ".", "e-", "e+", "E-", "E+"))
    return unfinished or error.msg.startswith("Unterminated") or (error.msg.startswith("Invalid") and len(rest) < 6)


def store(path: Path, text: str) -> None:
    """Replace a file's text atomically: readers see the old text or the new one.

    Raises:
        MasterError: the folder is missing, or not to be written to, or full.
    """
    path = path.resolve()  # a link stays a link
    try:
        mode = path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    except OSError as error:
        raise MasterError(f"{path}: can't be written: {error.strerror or error}") from None
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        raise MasterError(f"{path}: can't be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def why_unwritable(path: Path) -> str:
    """Return why a file can't be written, as far as looking at it and its folders tells; empty for no reason.

    A folder that doesn't exist counts as one that can be made. Programs look before work that takes long; writing may
    fail all the same.
    """
    if path.is_dir():
        return f"{path} is a folder: name a file"
    try:
        folder = next(each for each in path.absolute().parents if each.exists())
    except OSError as error:
        return f"{path}: {error.strerror or error}"
    if not folder.is_dir():
        return f"{folder} is a file, not a folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"the folder {folder} can't be written"
    if path.exists() and not os.access(path, os.W_OK):
        return f"{path} can't be written"
    return ""


def _umask() -> int:
    """Return the permissions that new files lack; the mask can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
