"""`farm boards --why`: how the boards of this host came about."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from farm.board.backends import silicon
from farm.board.discovery.facts import PciDevice
from farm.cli import main
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
