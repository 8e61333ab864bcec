"""This project's raw traces as a format: what `farm trace --store` keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tracer.errors import CaptureError, ConfigurationError, TraceFormatError
from tracer.formats.base import Outcome, Problem, RecordedCall, TraceItem
from tracer.formats.journal import PASSED, Journal, read_journal
from tracer.formats.recognition import RAW_TRACE
from tracer.values.text import counted


class RawTrace:
    """A raw trace of this project; memory is needed for its configurations, which it has once each."""

    name = RAW_TRACE.name
    omits = ()

    def read(self, path: Path) -> Iterator[TraceItem]:
        """Yield the calls of the tests that passed."""
        try:
            journal = read_journal(path)
            yield from _items(path, journal)
        except (CaptureError, ConfigurationError, KeyError, TypeError, ValueError) as error:
            where = str(error) if str(path) in str(error) else f"{path}: {error!r}"
            raise TraceFormatError(where) from error


def _items(path: Path, journal: Journal) -> Iterator[TraceItem]:
    for test in journal.left_out:
        yield Outcome(test.source, test.outcome)
    for configuration in journal.configurations():
        for execution in configuration.executions:
            yield RecordedCall(configuration, execution)
    if journal.cut or journal.exit_status is None:
        passed = sum(1 for test in journal.tests if test.outcome == PASSED)
        yield Problem(f"{path}: breaks off after {counted(passed, 'test')} that passed; these were taken")
