"""The SQLite report that ttnn writes for ttnn-visualizer, `db.sqlite`.

ttnn fills it while a model runs (`enable_logging`), or later from a graph capture (`ttnn.graph.import_report`). The
tables `operations`, `operation_arguments`, `input_tensors`, `tensors` and `errors` are read; which columns they have
depends on ttnn's version.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tracer.errors import ConfigurationError, ForeignFileError, TraceFormatError
from tracer.formats.base import Loss, RecordedCall
from tracer.formats.printed import read_tensor_row
from tracer.formats.printed_calls import alike, printed_configuration
from tracer.formats.recognition import VISUALIZER
from tracer.names import canonical
from tracer.values import Tensor
from tracer.values.configuration import Execution
from tracer.values.text import error_line

if TYPE_CHECKING:
    import sqlite3  # a worker imports this module, too, and its Python may have none

_VERSIONS = slice(18, 20)
"""The bytes of the file that are 2 where writes go to a log first."""

_TABLES = ("operations", "operation_arguments", "input_tensors", "tensors")
_LOCK_SECONDS = 5.0

_Key = tuple[int, int]
"""The rank of a process, and the id of an operation."""


class VisualizerReport:
    """ttnn's report for ttnn-visualizer."""

    name = VISUALIZER.name
    omits = ("the model's test", "the machine", "what calls returned", "tiles other than 32 x 32")

    def read(self, path: Path) -> Iterator[RecordedCall]:
        """Yield the calls, in their order; the database is opened for reading alone."""
        import sqlite3

        try:
            with closing(_opened(path)) as database:
                yield from _Report(path, database).calls()
        except OSError as error:
            raise TraceFormatError(f"{path}: can't be read: {error.strerror or error}") from None
        except sqlite3.OperationalError as error:  # locked, or not to be opened
            advice = "try again when the program that writes it is done"
            raise TraceFormatError(f"{path}: the SQLite report can't be read now: {error}; {advice}") from None
        except sqlite3.DatabaseError as error:
            raise TraceFormatError(f"{path}: the SQLite report is damaged: {error}") from None


def _opened(path: Path) -> sqlite3.Connection:
    """Open a database for reading, and make no file beside it: a log of writes that is not there isn't made."""
    import sqlite3

    with path.open("rb") as file:
        logs_writes = file.read(_VERSIONS.stop)[_VERSIONS] == b"\2\2"
    mode = "mode=ro&immutable=1" if logs_writes and not Path(f"{path}-wal").exists() else "mode=ro"
    database = sqlite3.connect(f"file:{quote(str(path.absolute()))}?{mode}", uri=True, timeout=_LOCK_SECONDS)
    database.text_factory = lambda data: data.decode("utf-8", errors="replace")
    return database


class _Report:
    """The tables of one report."""

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self._database = database
        names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if missing := [table for table in _TABLES if table not in names]:
            raise ForeignFileError(f"{path}: an SQLite database of another program than ttnn: no table {missing[0]}")
        self._columns = {table: self._columns_of(table) for table in (*_TABLES, "errors")}
        self._tensor = lru_cache(maxsize=8192)(self._read_tensor)

    def _columns_of(self, table: str) -> frozenset[str]:
        return frozenset(row[1] for row in self._database.execute(f"PRAGMA table_info({table})"))

    def calls(self) -> Iterator[RecordedCall]:
        arguments = _Groups(self._rows("operation_arguments", "name, value"))
        inputs = _Groups(self._rows("input_tensors", "tensor_id", "input_index"))
        errors = _Groups(self._rows("errors", "error_type, error_message") if self._columns["errors"] else iter(()))
        for rank, operation, name in self._rows("operations", "name"):
            key = (rank, operation)
            texts = tuple((str(argument), alike(str(text))) for argument, text in arguments.of(key))
            tensors = tuple(self._tensor(rank, tensor) for (tensor,) in inputs.of(key))
            raised = next((error_line(kind, text) for kind, text in errors.of(key)), None)
            called = canonical(str(name))
            configuration, losses = printed_configuration(called, _by_place(texts), raised, tensors)
            if called != name:
                losses = (*losses, Loss(called, "", "how Python called it: it is an operation inside ttnn"))
            yield RecordedCall(configuration, Execution("", None, 1), losses)

    def _rows(self, table: str, columns: str, order: str = "rowid") -> Iterator[Any]:
        """Yield rows of a table by the operations they are of: rank, id, and these columns."""
        rank = "rank" if "rank" in self._columns[table] else "0"
        query = f"SELECT {rank}, operation_id, {columns} FROM {table} ORDER BY 1, 2, {order}"  # noqa: S608 - all our own
        return iter(self._database.execute(query))

    def _read_tensor(self, rank: int, tensor: int) -> Tensor | None:
        has = self._columns["tensors"]
        storage = "storage_type" if "storage_type" in has else "NULL"
        which = "tensor_id = ? AND rank = ?" if "rank" in has else "tensor_id = ? AND 0 = ?"
        query = f"SELECT shape, dtype, layout, memory_config, device_id, {storage} FROM tensors WHERE {which}"  # noqa: S608
        row = self._database.execute(query, (tensor, rank)).fetchone()
        if row is None:
            return None
        shape, dtype, layout, memory, device, storage = row
        try:
            return read_tensor_row(shape, dtype, layout, memory, storage or ("HOST" if device is None else "DEVICE"))
        except ConfigurationError:
            return None


def _by_place(texts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return the arguments with those of `arg_0`, as operations of the device have them, by position."""
    return tuple((name.removeprefix("arg_") if name[4:].isdecimal() else name, text) for name, text in texts)


class _Groups:
    """Rows in the order of operations, taken operation by operation: memory is needed for those of one."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows = rows
        self._row = next(rows, None)

    def of(self, key: _Key) -> list[Any]:
        """Return what the rows of an operation hold after its key; rows of operations before it are passed over."""
        rows = []
        while self._row is not None and tuple(self._row[:2]) <= key:
            if tuple(self._row[:2]) == key:
                rows.append(self._row[2:])
            self._row = next(self._rows, None)
        return rows
