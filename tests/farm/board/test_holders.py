"""Processes that hold devices."""

from __future__ import annotations

from pathlib import Path

from farm.board.holders import broker, holders


def test_holders_are_read_from_the_drivers_record(tmp_path: Path) -> None:
    driver, sysfs, proc = tmp_path / "driver", tmp_path / "sys", tmp_path / "proc"
    (driver / "0").mkdir(parents=True)
    (driver / "1").mkdir()
    (driver / "0" / "pids").write_text("4711\n")
    (sysfs / "tenstorrent!0").mkdir(parents=True)
    (tmp_path / "0000:61:00.0").mkdir()
    (sysfs / "tenstorrent!0" / "device").symlink_to(tmp_path / "0000:61:00.0")
    (proc / "4711").mkdir(parents=True)
    (proc / "4711" / "comm").write_text("python\n")
    first, second = holders(driver, sysfs, proc)
    assert (first.address, first.pid, first.name) == ("0000:61:00.0", 4711, "python")
    assert second.pid is None, "a device whose record can't be read may be in use"
    assert holders(tmp_path / "nothing") == []


def test_a_broker_is_detected(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "cmdline").write_bytes(b"/usr/bin/python3\0/opt/bin/tt-device-mcp\0serve\0")
    holder = broker(tmp_path)
    assert holder is not None
    assert holder.pid == 7
    (tmp_path / "7" / "cmdline").write_bytes(b"vim\0notes-on-tt-device-mcp.txt\0")
    assert broker(tmp_path) is None
