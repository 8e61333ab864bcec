"""Processes that hold devices."""

from __future__ import annotations

import getpass
from pathlib import Path

from farm.board.holders import broker, holders, process_command, users_of
from tests.farm.board.host_tree import HostTree


def test_holders_are_read_from_the_drivers_record(tmp_path: Path) -> None:
    driver, sysfs, proc = tmp_path / "driver", tmp_path / "sys", tmp_path / "proc"
    (driver / "0").mkdir(parents=True)
    (driver / "1").mkdir()
    (driver / "0" / "pids").write_text("4711\n")
    (sysfs / "tenstorrent!0").mkdir(parents=True)
    (tmp_path / "0000:61:00.0").mkdir()
    (sysfs / "tenstorrent!0" / "device").symlink_to(tmp_path / "0000:61:00.0")
    (proc / "4711").mkdir(parents=True)
    (proc / "4711" / "cmdline").write_bytes(b"/usr/bin/python3\0train.py\0--token=secret\0")
    first, second = holders(driver, sysfs, proc)
    assert (first.address, first.pid, first.name) == ("0000:61:00.0", 4711, "python3 train.py")
    assert str(first) == f"0000:61:00.0 is in use by python3 train.py (pid 4711, user {getpass.getuser()})"
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


def test_a_command_is_named_without_its_options(tmp_path: Path) -> None:
    def command(words: bytes) -> str:
        (tmp_path / "7").mkdir(exist_ok=True)
        (tmp_path / "7" / "cmdline").write_bytes(words)
        return process_command(7, tmp_path)

    assert command(b"/opt/bin/python3.12\0/srv/serve.py\0--key\0secret\0") == "python3.12 serve.py"
    assert command(b"python\0-c\0print(1)\0") == "python"
    assert command(b"tt-smi\0-s\0") == "tt-smi"
    (tmp_path / "7" / "comm").write_text("kworker\n", encoding="utf-8")
    assert command(b"") == "kworker"
    assert process_command(8, tmp_path) == "a process that has ended"


def test_users_are_those_of_the_drivers_record_and_of_open_files_each_once(tmp_path: Path) -> None:
    host = HostTree(tmp_path)
    for number, address in enumerate(("0000:61:00.0", "0000:62:00.0")):
        host.add_chip(number, address, "n300")
    driver, proc = tmp_path / "driver", tmp_path / "proc"
    for number, pids in enumerate(("7 8", "9")):
        (driver / str(number)).mkdir(parents=True)
        (driver / str(number) / "pids").write_text(pids, encoding="utf-8")
    for pid, device in ((7, 0), (8, 1), (9, 1), (10, 0), (11, None)):
        (proc / str(pid) / "fd").mkdir(parents=True)
        (proc / str(pid) / "fd" / "3").symlink_to("/dev/null" if device is None else host.device(device))
    folders = {"driver": driver, "sysfs": host.sysfs, "proc": proc, "devices": host.devices, "locks": tmp_path}
    assert [user.pid for user in users_of(["0000:61:00.0"], **folders)] == [7, 8, 10]
    assert [user.pid for user in users_of(None, **folders)] == [7, 8, 9, 10]
    (driver / "1" / "pids").unlink()
    assert [user.pid for user in users_of(["0000:62:00.0"], **folders)] == [None, 8, 9], "there may be another"
