"""What tt-umd said is asked for once, and again where it may be another thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from farm.board.discovery import umd_memory
from farm.board.discovery.facts import Grouping, PciDevice, UmdChip, UmdReport
from farm.board.discovery.survey import Tools, survey_chips
from farm.board.discovery.umd_memory import FILE, UmdMemory
from farm.board.tt_smi import SmiReport

P150S = tuple(PciDevice(f"0000:0{bus}:00.0", "p150b") for bus in (1, 2, 3, 4))
RING = ((0, 1), (1, 2), (2, 3), (0, 3))


@dataclass
class Host:
    """Four linked p150, whose tools count their questions."""

    folder: Path
    user: str = ""
    report: UmdReport | None = None
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def look(self, devices: Sequence[PciDevice] = P150S, *, opening: bool = False) -> tuple[list[str], str]:
        """The kinds of the host's boards as a new process sees them, and who was asked."""
        tools = Tools(self._umd, lambda: SmiReport(()), lambda: self.user, UmdMemory(self.folder))
        grouping: Grouping
        grouping, sources = survey_chips(devices, {}, tools=tools, opening=opening)
        return [group.kind.name for group in grouping.groups], "; ".join(sources)

    def _umd(self, addresses: Sequence[str]) -> UmdReport:
        self.asked.append(tuple(addresses))
        chips = tuple(
            UmdChip(chip=number, address=address, board_type="p150", board_id=number + 1)
            for number, address in enumerate(addresses)
        )
        return self.report or UmdReport(version="0.9", devices=tuple(addresses), chips=chips, links=RING)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path / "state")


def test_a_run_sees_the_box_that_farm_up_sees_and_asks_once(host: Host) -> None:
    assert host.look()[0] == ["p150x4"]
    kinds, sources = host.look()
    assert (kinds, len(host.asked)) == (["p150x4"], 1)
    assert "tt-umd 0.9: 4 chips, 4 pairs with links, asked at " in sources
    assert host.look(opening=True)[0] == ["p150x4"]
    assert len(host.asked) == 2


def test_chips_in_use_are_not_opened_and_are_what_they_were(host: Host) -> None:
    host.user = "a chip is open in python (pid 7)"
    assert host.look()[0] == ["p150"] * 4
    host.user = ""
    host.look(opening=True)
    host.user = "a chip is open in python (pid 7)"
    for opening in (False, True):
        kinds, sources = host.look(opening=opening)
        assert kinds == ["p150x4"]
        assert ("not asked" in sources) == opening
    assert len(host.asked) == 1


def test_another_boot_other_devices_and_a_reset_make_it_ask_again(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.look()
    assert host.look(P150S[:3])[0] == ["p150"] * 3
    host.look(P150S[:3])
    host.look()
    assert len(host.asked) == 2
    monkeypatch.setattr(umd_memory, "boot_id", lambda: "another boot")
    host.look()
    assert len(host.asked) == 3
    UmdMemory(host.folder).forget()
    host.look()
    assert len(host.asked) == 4


def test_a_tt_umd_that_fails_costs_one_question(host: Host) -> None:
    host.report = UmdReport(troubles=("tt-umd: did not end in 90 s",))
    for _ in range(3):
        kinds, sources = host.look()
        assert kinds == ["p150"] * 4
        assert "did not end in 90 s" in sources
    assert len(host.asked) == 1


def test_one_that_was_installed_since_is_asked(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.report = UmdReport()
    monkeypatch.setattr(umd_memory, "find_spec", lambda _: None)
    host.look()
    host.look()
    assert len(host.asked) == 1
    monkeypatch.setattr(umd_memory, "find_spec", lambda _: object())
    host.look()
    assert len(host.asked) == 2


@pytest.mark.parametrize("content", ["", "[]", '{"reports": [{"boot": 3}]}', "\0"])
def test_a_damaged_or_unwritable_file_costs_a_question(content: str, host: Host) -> None:
    host.look()
    (host.folder / FILE).write_text(content)
    assert host.look()[0] == ["p150x4"]
    assert len(host.asked) == 2
    (host.folder / FILE).unlink()
    (host.folder / FILE).mkdir()
    assert host.look()[0] == ["p150x4"]


def test_a_state_folder_that_cannot_be_made_costs_a_question(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    host = Host(tmp_path / "file" / "state")
    assert host.look()[0] == host.look()[0] == ["p150x4"]
    assert len(host.asked) == 2
