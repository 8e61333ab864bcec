"""Reading a capture takes memory for its configurations, not for its calls."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

import pytest

from tests.bench.captures import WRITERS
from tracer.formats import json_stream
from tracer.formats.base import RecordedCall
from tracer.formats.reader import recognize
from tracer.master.master import Master


@pytest.mark.parametrize("kind", ["graph_capture", "visualizer_report"])
def test_no_more_is_alive_for_more_calls(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "CHUNK", 16 * 1024)
    peaks = []
    for size in (1_000_000, 2_000_000):
        path = tmp_path / f"{kind}-{size}"
        WRITERS[kind](path, size)
        Master.read(path)  # what is cached, is cached now
        trace_format = recognize(path)
        assert trace_format is not None
        tracemalloc.start()
        try:
            alive = max(_alive(number) for number, _ in enumerate(trace_format.read(path)))
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert alive == 1
    assert peaks[1] - peaks[0] < 300_000  # the file has a million bytes more


def _alive(number: int) -> int:
    """Count the recorded calls that are alive, now and then: looking at all objects takes long."""
    return sum(type(each) is RecordedCall for each in gc.get_objects()) if number % 500 == 0 else 0
