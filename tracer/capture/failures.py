"""What ended a test that did not pass: its exception and those that it came from, described without a verdict.

Who is to blame is decided where verdicts are, by the classes of the exceptions. So a raw trace has these, and facts
that a text may lack: the number of a system error, the status of an HTTP response, the name of a missing package.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator

from tracer.formats.raised_error import RaisedError

_LONGEST = 2000
_MOST_ERRORS = 16
_MOST_CLASSES = 32


def raised_errors(error: BaseException) -> tuple[RaisedError, ...]:
    """Return an exception and those that it came from, the one that was not caught first."""
    return tuple(map(_described, _chain(error)))


def _chain(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    ids: set[int] = set()
    while current is not None and id(current) not in ids and len(ids) < _MOST_ERRORS:
        ids.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _described(error: BaseException) -> RaisedError:
    frames = traceback.extract_tb(error.__traceback__)
    line = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    if isinstance(error, SyntaxError) and error.filename:
        line = f"{error.filename}:{error.lineno}"
    modules = dict.fromkeys(frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__))
    return RaisedError(
        classes=tuple(cls.__name__ for cls in type(error).__mro__[:_MOST_CLASSES] if cls is not object),
        text=_text(error),
        errno=error.errno if isinstance(error, OSError) and type(error.errno) is int else None,
        status=_status(error),
        package=_missing_package(error),
        line=line,
        packages=tuple(dict.fromkeys(str(name).partition(".")[0] for name in modules)),
    )


def _text(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception as broken:  # noqa: BLE001 - a model's own exception may have any fault
        text = f"its text can't be read ({type(broken).__name__})"
    return text.partition("\nbacktrace:")[0][:_LONGEST]


def _status(error: BaseException) -> int | None:
    """Return the HTTP status: `requests`, `httpx` and `huggingface_hub` keep the response, `urllib` the code itself."""
    for holder, name in ((getattr(error, "response", None), "status_code"), (error, "code"), (error, "status")):
        status = getattr(holder, name, None)
        if type(status) is int and 100 <= status < 600:
            return status
    return None


def _missing_package(error: BaseException) -> str:
    """Return the package that is not there; a module that an existing package lacks is no missing package."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    package = error.name.partition(".")[0]
    return "" if package in sys.modules else package
