"""The driver and firmware versions of a silicon board."""

from __future__ import annotations

from pathlib import Path

from farm.board.backends.silicon import Silicon
from farm.board.kinds import KINDS
from farm.core.board import Board

SILICON = Board(
    "a:0000:61:00.0,0000:62:00.0",
    "silicon",
    KINDS["p300"],
    environment={"TT_VISIBLE_DEVICES": "0000:61:00.0,0000:62:00.0"},
    host="a",
)


def test_a_board_has_a_driver_and_firmware_version(tmp_path: Path) -> None:
    (tmp_path / "driver").write_text("2.4.1\n")
    for number, address in enumerate(("0000:61:00.0", "0000:62:00.0", "0000:99:00.0")):
        node = tmp_path / "sys" / f"tenstorrent!{number}"
        node.mkdir(parents=True)
        (tmp_path / address).mkdir()
        (node / "device").symlink_to(tmp_path / address)
        (node / "tt_fw_bundle_ver").write_text("19.4.0.0\n" if address.startswith("0000:6") else "1.0.0.0\n")
    versions = Silicon(sysfs=tmp_path / "sys", driver=tmp_path / "driver").versions(SILICON)
    assert versions == {"driver": "2.4.1", "firmware": "19.4.0.0"}
    assert Silicon(sysfs=tmp_path / "none", driver=tmp_path / "none").versions(SILICON) == {}
