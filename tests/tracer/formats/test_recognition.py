"""Recognizing formats without importing their readers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tracer.formats.base import HEAD_BYTES
from tracer.formats.reader import recognize
from tracer.formats.recognition import FORMATS

_READ_A_MASTER = """
import sys
from tracer.master.master import Master, shipped
Master.read(shipped())
print(*sorted(name for name in sys.modules if name.startswith("tracer.formats.") or name == "sqlite3"))
"""


def test_each_line_names_a_reader_of_its_name() -> None:
    for line in FORMATS:
        reader = line.load()
        assert reader.name == line.name
        assert isinstance(reader.omits, tuple)


def test_reading_a_master_imports_no_reader_of_another_format() -> None:
    printed = subprocess.run([sys.executable, "-c", _READ_A_MASTER], check=True, capture_output=True, text=True).stdout
    assert set(printed.split()) == {f"tracer.formats.{name}" for name in ("base", "reader", "recognition")}


def test_the_first_bytes_alone_are_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "late.json"
    path.write_bytes(b" " * HEAD_BYTES + b'[{"name": "ttnn.add", "arguments": {"0": "1"}}]')
    assert recognize(path) is None
