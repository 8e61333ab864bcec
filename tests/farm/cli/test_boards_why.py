"""`farm boards --why`: how the boards of this host came about."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from farm.board.backends import silicon
from farm.board.discovery.facts import PciDevice
from farm.cli import boards as boards_command
from farm.cli import main
from farm.cluster.hosts.board_memory import usable_boards
from farm.cluster.registry.records import FarmView, HostStatus, HostView
from farm.core.shortfall import Shortfall, Trait
from tests.farm.board.discovery.hosts import N300S, Card, FakeUmd

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def farm(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs the command; returns its exit code, what it prints and its errors."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["farm", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        assert code is None or isinstance(code, int)
        return code or 0, *capsys.readouterr()

    return run


@pytest.fixture
def t3000(fake_programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A t3000, and a card that nothing knows."""
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    cards = [*N300S, Card("0000:f1:00.0", "q700")]
    monkeypatch.setattr(silicon, "pci_devices", lambda *_: [PciDevice(card.address, card.card) for card in cards])
    FakeUmd(N300S).put(fake_programs)


@pytest.mark.usefixtures("t3000")
def test_each_line_says_how_a_board_came_about(farm: Command) -> None:
    code, out, _ = farm("boards", "--why")
    addresses = ",".join(card.address for card in N300S)
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "asked: driver: 5 devices"
    assert lines[1].startswith("asked: tt-umd ")
    assert lines[1].endswith(": 8 chips, 4 of them behind others, 7 pairs with links")
    assert lines[2:] == [
        f"t3000 {socket.gethostname()}:{addresses}: the driver calls its 4 devices n300, which are linked, says tt-umd",
        "unknown 0000:f1:00.0: the driver calls it 'q700', a product that farm doesn't know",
        "difference: the driver shows 0000:f1:00.0 and tt-umd doesn't",
    ]


@pytest.mark.usefixtures("t3000")
def test_a_machine_gets_json(farm: Command) -> None:
    code, out, _ = farm("boards", "--why", "--json")
    survey = json.loads(out)
    assert code == 0
    assert [(board["backend"], board["kind"], board["missing"]) for board in survey["boards"]] == [
        ("silicon", "t3000", "")
    ]
    assert [card["name"] for card in survey["unknown"]] == ["0000:f1:00.0"]
    assert len(survey["sources"]) == 2
    assert survey["shortfalls"] == []


def test_a_host_without_boards_says_so(farm: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silicon, "pci_devices", lambda *_: [])
    assert farm("boards", "--why")[:2] == (
        0,
        "asked: driver: 0 devices\nno boards on this host: the driver shows no device\n",
    )


@pytest.mark.parametrize(
    "words", [("hold", "a:0", "--why"), ("log", "--why"), ("release", "a:0", "--why", "loud"), ("--why", "loud")]
)
def test_a_reason_belongs_to_hold_alone(farm: Command, words: tuple[str, ...]) -> None:
    code, out, errors = farm("boards", *words)
    assert (code, out) == (2, "")
    assert "--why needs hold: farm boards hold BOARD --why REASON" in " ".join(errors.split())


def test_what_is_expected_and_missing_is_said_held_and_released(
    farm: Command, tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three of a t3000's n300, and an inventory that expects the t3000 and two p150."""
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    three = N300S[:3]
    monkeypatch.setattr(silicon, "pci_devices", lambda *_: [PciDevice(card.address, card.card) for card in three])
    FakeUmd(three).put(fake_programs)
    inventory = tmp_path / "farm.toml"
    inventory.write_text('name = "lab1"\n[hosts."lab*"]\nexpect = ["t3000", "p150*2"]\n')
    monkeypatch.setenv("FARM_CONFIG", str(inventory))
    names = [f"{socket.gethostname()}:{card.address}" for card in three]
    lines = [
        f"lab1: t3000 {', '.join(names)}: not as expected: the host has 3 n300; expected: 1 t3000",
        "lab1: p150: not as expected: the host has 3 n300; expected: 2 p150",
    ]
    assert farm("boards", "--why")[1].splitlines()[-2:] == lines
    [host] = json.loads(farm("boards", "--json")[1])["hosts"]
    assert [(each["trait"], each["kind"], each["boards"]) for each in host["shortfalls"]] == [
        ("boards", "t3000", names),
        ("boards", "p150", []),
    ]
    assert farm("boards", "release", names[0])[:2] == (0, f"{names[0]} may be used again\n")
    boards = json.loads(farm("boards", "--json")[1])["boards"]
    assert [board["state"] for board in boards] == ["unverified", "held", "held"]
    assert boards[1]["why"] == "not as expected: the host has 3 n300; expected: 1 t3000"
    shown = " ".join(farm("boards")[1].split())
    assert "lab1: t3000 missing" in shown
    assert "lab1: p150 missing" in shown
    notes: list[str] = []
    assert [board.id for board in usable_boards("auto", notes.append)] == names[:1]
    assert len(notes) == 2
    assert [board.id for board in usable_boards("silicon:n300", notes.append)] == names
    code, _, errors = farm("boards", "release", names[0])
    assert (code, "is not held" in errors) == (2, True)


def test_each_host_of_a_farm_tells_how_its_boards_came_about(farm: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    shortfall = Shortfall(Trait.CHIPS, "galaxy", "16 of 32 chips", "32 chips", ("lab2:x",))
    host: dict[str, Any] = {
        "address": "10.0.0.1",
        "state": HostStatus.UP,
        "boards": 1,
        "versions": {},
        "clock_off": None,
    }
    hosts = [
        HostView(name="lab1", survey=["n300 lab1:y: the driver calls it n300"], shortfalls=[], **host),
        HostView(name="lab2", survey=["asked: driver: 16 devices"], shortfalls=[shortfall], **host),
    ]
    view = FarmView(at=0, hosts=hosts, boards=[], runs=[], totals={})
    source = SimpleNamespace(view=lambda: view)
    monkeypatch.setattr(boards_command, "_view_source", lambda *_, **__: source)
    assert farm("boards", "--why", "--address", "10.0.0.1:6379")[:2] == (
        0,
        "lab1: n300 lab1:y: the driver calls it n300\n"
        "lab2: asked: driver: 16 devices\n"
        "lab2: galaxy lab2:x: not as expected: it has 16 of 32 chips; expected: 32 chips\n",
    )
    rows = json.loads(farm("boards", "--why", "--json", "--address", "10.0.0.1:6379")[1])
    assert [(row["name"], len(row["survey"]), len(row["shortfalls"])) for row in rows] == [
        ("lab1", 1, 0),
        ("lab2", 1, 1),
    ]
