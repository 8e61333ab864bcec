"""Handlers for the records of farm's loggers.

Each module has a logger of its own name (`logging.getLogger(__name__)`): INFO for what happens to boards, processes,
hosts and the store, DEBUG for how. Without a handler nothing is printed. There are two handlers:

- **The terminal.** `farm -v COMMAND` prints INFO records to stderr, `farm -vv COMMAND` DEBUG records, too. They appear
  above the live display of a run, and as plain lines in CI.
- **A file for each board of a run**, on the board's host: `<data folder>/runs/RUN_ID/logs/BOARD.log` has all records of
  the process that supervises the board; `BOARD.worker.log` beside it has what its workers printed. Both are bounded.

When a run ends, its driver keeps the last lines of each board's files in the store, and the report shows them.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path

import platformdirs

from farm.core.secret_texts import own_secrets, without_secrets

_LOG = logging.getLogger(__name__)

PACKAGES = ("farm", "tracer", "scheduler")
"""The packages whose records are shown and kept."""
FILE_BYTES = 1_000_000
"""The size at which a board's log file is rotated; one older file is kept. Also what is kept of a worker's output."""
TAIL_BYTES = 8_000
TAIL_LINES = 40
"""How much of each of a board's files goes into the store."""
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
TERMINAL_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
WORKER_OUTPUT = "process.log"
"""The file in a worker's folder that its standard output and error go to."""

# a record in `FORMAT`
_DEBUG_RECORD = re.compile(r"^\S+ \S+ DEBUG .*\n?", re.MULTILINE)
# nanobind lists the objects that are alive at a process's exit: ttnn leaves some, and users can do nothing about them
_LEAK_REPORT = re.compile(r"^(nanobind: .*| - (leaked|\.\.\. skipped).*|See https://nanobind.*)\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class BoardLog:
    """The last lines of a board's log files.

    Attributes:
        path: the log file, on the board's host.
        tail: the last lines of the supervisor's log, without DEBUG records.
        output: the last lines that the board's workers printed.
    """

    path: str
    tail: str
    output: str


def without_leak_report(text: str) -> str:
    """Remove the leak report that nanobind prints at exit from a process's output."""
    return _LEAK_REPORT.sub("", text)


class _Formatter(logging.Formatter):
    """Hides the secrets in a record, also in the traceback of its exception."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record), own_secrets())


# --- the terminal ---


class _TerminalHandler(logging.Handler):
    """Writes to the current `sys.stderr`: a live display replaces it, so that records appear above the display."""

    def __init__(self, level: int, clean: Callable[[str], str]) -> None:
        super().__init__(level)
        self._clean = clean
        self.setFormatter(_Formatter(TERMINAL_FORMAT, datefmt="%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; an error in writing doesn't end the run."""
        try:
            sys.stderr.write(self._clean(self.format(record)) + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):  # closed, or without room
            self.handleError(record)


def log_to_terminal(verbosity: int, clean: Callable[[str], str] = str) -> None:
    """Print log records to stderr, or stop doing so.

    Args:
        verbosity: 0 prints nothing, 1 INFO records, 2 and more DEBUG records, too.
        clean: makes a text safe to print on a terminal.
    """
    for handler in list(logging.getLogger(PACKAGES[0]).handlers):
        if isinstance(handler, _TerminalHandler):
            _remove(handler)
    if verbosity:
        _add(_TerminalHandler(logging.INFO if verbosity == 1 else logging.DEBUG, clean))


# --- a board's files ---


def run_folder(run_id: str) -> Path:
    """The folder of a run's files on this host: `runs/RUN_ID` in the user's data folder."""
    return Path(platformdirs.user_data_dir("farm")) / "runs" / run_id


def log_path(run_id: str, board_id: str) -> Path:
    """The log file of a board in a run, on the board's host."""
    return run_folder(run_id) / "logs" / f"{re.sub(r'[^A-Za-z0-9:._-]', '_', board_id)}.log"


class BoardLogFile:
    """Writes all records of this process to a board's log file. If it can't be written, the run continues without it.

    Attributes:
        path: the file.
    """

    def __init__(self, run_id: str, board_id: str) -> None:
        self.path = log_path(run_id, board_id)
        self._handler: logging.Handler | None = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._handler = RotatingFileHandler(
                self.path, maxBytes=FILE_BYTES, backupCount=1, encoding="utf-8", errors="backslashreplace"
            )
        except OSError as error:
            _LOG.warning("can't write %s: %s", self.path, error.strerror or error)
            return
        self._handler.setFormatter(_Formatter(FORMAT))
        _add(self._handler)

    def take_output(self, workdir: Path) -> None:
        """Redirect the output of the workers in a folder to a file beside the log, which outlives the folder."""
        if self._handler is not None:
            with contextlib.suppress(OSError):
                (workdir / WORKER_OUTPUT).symlink_to(_output_path(self.path))

    def close(self) -> None:
        """Stop writing, and shorten the file with the workers' output."""
        if self._handler is not None:
            _remove(self._handler)
            self._handler = None
            _shorten(_output_path(self.path))


def read_board_log(run_id: str, board_id: str) -> BoardLog | None:
    """The last lines of a board's files on this host; None if there are none."""
    path = log_path(run_id, board_id)
    if not path.is_file():
        return None
    records = _DEBUG_RECORD.sub("", _text(path.with_name(path.name + ".1")) + _text(path))
    output = without_secrets(_tail(without_leak_report(_text(_output_path(path)))), own_secrets())
    return BoardLog(str(path), _tail(records), output)


def _output_path(path: Path) -> Path:
    return path.with_suffix(".worker.log")


def _text(path: Path) -> str:
    """The last `FILE_BYTES` of a file; "" if there is none."""
    return _end(path, FILE_BYTES).decode(errors="replace")


def _tail(text: str) -> str:
    """The last lines of a text."""
    lines = text.splitlines()[-TAIL_LINES:]
    while len(lines) > 1 and sum(map(len, lines)) > TAIL_BYTES:
        del lines[0]
    return "\n".join(lines)[-TAIL_BYTES:]


def _end(path: Path, size: int) -> bytes:
    """The last bytes of a file, from the beginning of a line."""
    try:
        with path.open("rb") as file:
            start = max(0, file.seek(0, 2) - size)
            file.seek(start)
            data = file.read()
    except OSError:
        return b""
    return data.partition(b"\n")[2] if start else data


def _shorten(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.stat().st_size > FILE_BYTES:
            path.write_bytes(_end(path, FILE_BYTES))


# --- handlers of all packages ---


def _add(handler: logging.Handler) -> None:
    for name in PACKAGES:
        logging.getLogger(name).addHandler(handler)
    _set_levels()


def _remove(handler: logging.Handler) -> None:
    for name in PACKAGES:
        logging.getLogger(name).removeHandler(handler)
    handler.close()
    _set_levels()


def _set_levels() -> None:
    """Set the levels of the loggers so that only records for some handler are created."""
    for name in PACKAGES:
        logger = logging.getLogger(name)
        levels = [handler.level for handler in logger.handlers if not isinstance(handler, logging.NullHandler)]
        logger.setLevel(max(min(levels), logging.DEBUG) if levels else logging.NOTSET)
