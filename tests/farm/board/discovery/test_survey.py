"""Boards of built hosts: every layout with every thing that the tools may say of it."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from farm.board import holders
from farm.board.backends.silicon import Silicon
from farm.board.discovery import umd
from farm.board.discovery.survey import Survey, host_tools
from farm.board.holders import Holder
from farm.board.kinds import KINDS
from farm.core.errors import NotRunnable
from tests.farm.board.discovery.hosts import N300S, Card, FakeUmd, build_host, galaxy, put_tt_smi, snapshot

PAIRS = [
    Card("0000:01:00.0", "p300c", 0x46 << 36 | 1, "p300"),
    Card("0000:02:00.0", "p300c", 0x46 << 36 | 2, "p300"),
    Card("0000:03:00.0", "p300c", 0x46 << 36 | 2, "p300"),
    Card("0000:04:00.0", "p300c", 0x46 << 36 | 1, "p300"),
]
"""Two p300 whose chips alternate on the bus."""
N150S = [Card(f"0000:{bus:02x}:00.0", "n150", 0x18 << 36 | bus, "n150") for bus in (1, 2, 3, 4)]
P150S = [Card(f"0000:{bus:02x}:00.0", "p150b", 0x41 << 36 | bus, "p150") for bus in (1, 0x21, 0x41)]
LAYOUTS: dict[str, tuple[list[Card], list[str]]] = {
    "no card": ([], []),
    "n150": ([Card("0000:01:00.0", "n150", 0x18 << 36 | 1, "n150")], ["n150"]),
    "two kinds": ([Card("0000:01:00.0", "n150", 0x18 << 36 | 1, "n150"), P150S[2]], ["n150", "p150"]),
    "t3000": (N300S, ["t3000"]),
    "five n300": ([*N300S, Card("0000:81:00.0", "n300", 0x14 << 36 | 9, "n300", remote=1)], ["n300"] * 5),
    "three p150b": (P150S, ["p150"] * 3),
    "p300": ([PAIRS[0], PAIRS[3]], ["p300"]),
    "galaxy": (galaxy(), ["galaxy"]),
}
TOOLS = ["none", "driver alone", "tt-smi", "odd tt-smi", "tt-umd", "tt-umd hangs", "tt-umd crashes", "both"]


def look(  # noqa: PLR0917 - a host, its tools, and where they are
    folder: Path, cards: list[Card], tool: str, programs: Path, monkeypatch: pytest.MonkeyPatch, kind: str | None = None
) -> Survey:
    """Survey a host with some tools."""
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(umd, "UMD_SECONDS", 1.0 if tool == "tt-umd hangs" else 60.0)
    for stale in programs.iterdir():
        stale.unlink()
    (programs / "tt_umd.py").write_text("raise ModuleNotFoundError('tt_umd')\n")
    put_tt_smi(programs, "")
    if tool in ("tt-smi", "both"):
        put_tt_smi(programs, snapshot(cards))
    if tool == "odd tt-smi":
        put_tt_smi(programs, f"log {{line}}\n{snapshot(cards)}{snapshot(cards)}")
    if tool in ("tt-umd", "both"):
        FakeUmd(cards).put(programs)
    if tool == "tt-umd hangs":
        FakeUmd(cards, body="import time; time.sleep(600)").put(programs)
    if tool == "tt-umd crashes":
        FakeUmd(cards, body="import os; os.abort()").put(programs)
    host = build_host(folder, cards)
    return host.survey(KINDS[kind] if kind else None, opening=tool != "driver alone")


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_whatever_a_tool_says_the_boards_are_found(
    layout: str, tool: str, tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards, kinds = LAYOUTS[layout]
    survey = look(tmp_path, cards, tool, fake_programs, monkeypatch)
    assert [board.kind.name for board in survey.whole] == kinds
    assert [each.group.missing for each in survey.boards] == [""] * len(kinds)
    assert not survey.unknown
    failed = bool(cards) and tool in ("tt-umd hangs", "tt-umd crashes")
    assert [line.partition(":")[0] for line in survey.differences] == ["tt-umd"] * failed
    addresses = sorted(address for each in survey.boards for address in each.group.addresses)
    assert addresses == sorted(card.address for card in cards)
    for each in survey.boards:
        assert each.board.id == f"{socket.gethostname()}:{','.join(each.group.addresses)}"
        assert each.board.environment == {"TT_VISIBLE_DEVICES": ",".join(each.group.addresses)}
        assert each.group.reason.startswith("the driver calls it")
    text = "\n".join(survey.sources)
    assert ("did not end in 1 s" in text) == (tool == "tt-umd hangs" and bool(cards))
    assert ("was ended by signal 6" in text) == (tool == "tt-umd crashes" and bool(cards))
    assert json.loads(json.dumps(survey.as_json()))["sources"] == list(survey.sources)


@pytest.mark.parametrize("tool", ["none", "driver alone", "odd tt-smi", "tt-umd"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_unknown_card_costs_no_other(
    layout: str, tool: str, tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards, kinds = LAYOUTS[layout]
    strange = [
        Card("0000:f1:00.0", "q700"),
        Card("0000:f2:00.0", "unknown"),
        Card("0000:f3:00.0", ""),
        Card("", "n150"),
    ]
    survey = look(tmp_path, [*cards, *strange], tool, fake_programs, monkeypatch)
    assert [board.kind.name for board in survey.whole] == kinds
    assert {card.name: card.reason.partition(":")[0].partition(";")[0] for card in survey.unknown} == {
        "0000:f1:00.0": "the driver calls it 'q700', a product that farm doesn't know",
        "0000:f2:00.0": "the driver doesn't say which card it is",
        "0000:f3:00.0": "the driver doesn't say which card it is",
        f"/dev/tenstorrent/{len(cards) + 3}": "it has no PCI address",
    }
    assert all(f"{card.name} is left out" in "\n".join(survey.notes) for card in survey.unknown)


def test_a_card_that_only_a_tool_knows_is_a_board(
    tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = Card("0000:42:00.0", "unknown", 0x14 << 36 | 7, "n300", remote=1)
    survey = look(tmp_path / "umd", [card], "tt-umd", fake_programs, monkeypatch)
    assert [(each.board.kind.name, each.group.reason) for each in survey.boards] == [("n300", "tt-umd calls it n300")]
    put = Card("0000:42:00.0", "", 5, "")
    host = build_host(tmp_path / "smi", [put])
    (fake_programs / "tt_umd.py").write_text("raise ModuleNotFoundError('tt_umd')\n")
    put_tt_smi(fake_programs, snapshot([Card(put.address, "p150b", 5)]))
    assert [(each.board.kind.name, each.group.reason) for each in host.survey(opening=True).boards] == [
        ("p150", "tt-smi calls it p150")
    ]


@pytest.mark.parametrize("tool", ["tt-smi", "tt-umd", "odd tt-smi"])
def test_chips_of_one_card_are_told_by_their_board(
    tool: str, tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey = look(tmp_path, PAIRS, tool, fake_programs, monkeypatch, "p300")
    assert [each.group.addresses for each in survey.boards] == [
        ("0000:01:00.0", "0000:04:00.0"),
        ("0000:02:00.0", "0000:03:00.0"),
    ]
    assert not survey.differences
    assert "board 4600000000" in survey.boards[0].group.reason


def test_a_quick_look_asks_tt_smi_for_what_only_that_tells(
    tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(tmp_path / "first", PAIRS, "tt-smi", fake_programs, monkeypatch, "p300")
    host = build_host(tmp_path / "second", PAIRS)
    assert [each.group.addresses[1] for each in host.survey(KINDS["p300"]).boards] == ["0000:04:00.0", "0000:03:00.0"]
    put_tt_smi(fake_programs, "")
    host.tools = host_tools()
    guess = host.survey(KINDS["p300"])
    assert [each.group.addresses[1] for each in guess.boards] == ["0000:02:00.0", "0000:04:00.0"]
    assert "no tool tells their boards, so neighbors are taken for one card" in guess.differences[0]
    put_tt_smi(fake_programs, "this would be said")
    assert "this" not in str(build_host(tmp_path / "third", N300S).survey().sources)


@pytest.mark.parametrize("tool", ["none", "tt-smi", "tt-umd"])
@pytest.mark.parametrize("chips", [16, 31, 1])
def test_a_galaxy_without_all_chips_is_said_and_not_offered(
    tool: str, chips: int, tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey = look(tmp_path, galaxy(chips), tool, fake_programs, monkeypatch)
    assert survey.whole == []
    assert survey.boards[0].group.missing.startswith(f"it has {chips} of 32 chips")
    assert f"is no whole galaxy: it has {chips} of 32 chips" in survey.notes[0]
    if tool == "tt-umd" and chips == 16:
        assert survey.boards[0].group.missing == "it has 16 of 32 chips, in 2 trays (1, 2)"


@pytest.mark.parametrize("tool", ["tt-umd", "tt-smi"])
def test_an_n300_with_one_chip_is_said(
    tool: str, tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lame = Card("0000:91:00.0", "n300", 77, "n300", remote=0)
    survey = look(tmp_path / "one", [lame], tool, fake_programs, monkeypatch)
    assert [each.group.missing for each in survey.boards] == ["it has 1 of 2 chips"]
    survey = look(tmp_path / "four", [*N300S[:3], lame], tool, fake_programs, monkeypatch)
    assert [(each.board.kind.name, each.group.missing) for each in survey.boards] == [("t3000", "it has 7 of 8 chips")]
    survey = look(tmp_path / "by card", [*N300S[:3], lame], tool, fake_programs, monkeypatch, "n300")
    assert [each.group.missing for each in survey.boards] == ["", "", "", "it has 1 of 2 chips"]


def test_half_a_p300_is_said(tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    survey = look(tmp_path, PAIRS[:3], "tt-umd", fake_programs, monkeypatch)
    assert [(each.group.addresses[0], each.group.missing) for each in survey.boards] == [
        ("0000:01:00.0", "it has 1 of 2 chips"),
        ("0000:02:00.0", ""),
    ]


def test_cards_without_links_are_no_box(tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look(tmp_path / "linked", N300S, "tt-umd", fake_programs, monkeypatch)
    FakeUmd(N300S, linked=False).put(fake_programs)
    survey = build_host(tmp_path / "apart", N300S).survey(opening=True)
    assert [board.kind.name for board in survey.whole] == ["n300"] * 4
    assert survey.differences == (
        "no t3000: tt-umd finds no link between 0000:02:00.0, 0000:03:00.0, 0000:04:00.0 and the other cards",
    )


def test_differences_are_said(tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = [Card(f"0000:0{n}:00.0", "n150", n, "n150") for n in (1, 2, 3)]
    host = build_host(tmp_path, cards)
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    said = [cards[0], Card(cards[1].address, "n150", 2, "n300", remote=1)]
    FakeUmd(said, undiscovered=[cards[0].address], errors={cards[1].address: ["heartbeat stands"]}).put(fake_programs)
    survey = host.survey(opening=True)
    assert survey.differences == (
        "the driver shows 0000:03:00.0 and tt-umd doesn't",
        "tt-umd lists 0000:01:00.0 and doesn't discover it",
        "the driver calls 0000:02:00.0 n150, and tt-umd calls it n300",
    )
    assert [each.group.missing for each in survey.boards] == [
        "",
        "it has 2 of 1 chip; it has an unhealthy chip: 0000:02:00.0 is unhealthy, says tt-umd: heartbeat stands",
        "",
    ]
    assert set(survey.differences) <= set(survey.notes)


def test_chips_in_use_are_not_opened(tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    asked = fake_programs / "asked"
    FakeUmd(PAIRS, body=f"open({str(asked)!r}, 'w')").put(fake_programs)
    put_tt_smi(fake_programs, f"$(touch '{asked}')")
    (fake_programs / "tt-smi").write_text(f"#!/bin/sh\ntouch '{asked}'\n")
    host = build_host(tmp_path, PAIRS)
    for name, holder in (
        ("holders", [Holder("0000:01:00.0", 7, "python")]),
        ("broker", Holder("", 8, "tt-device-mcp")),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(holders, name, lambda holder=holder: holder)
            survey = host.survey(KINDS["p300"], opening=True)
        assert "not asked, since they would open the chips" in survey.sources[-1]
        assert len(survey.whole) == 2
        assert not asked.exists()
    host.survey(opening=True)
    assert asked.exists()


def test_only_visible_chips_are_asked_for(tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = build_host(tmp_path, N300S)
    FakeUmd(N300S).put(fake_programs)
    monkeypatch.setenv("TT_VISIBLE_DEVICES", "1")
    survey = host.survey(opening=True)
    assert [each.group.addresses for each in survey.boards] == [("0000:02:00.0",)]
    assert "TT_VISIBLE_DEVICES=1 hides 3 of 4 devices" in survey.sources
    for value, note in (("7", "'7' matches no device"), ("", "hides 4 of 4 devices")):
        monkeypatch.setenv("TT_VISIBLE_DEVICES", value)
        survey = host.survey(opening=True)
        assert not survey.boards
        assert note in survey.notes[0]
        with pytest.raises(NotRunnable, match=f"0 such boards .*{note}"):
            host.boards(None)


def test_boards_are_named_by_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    host = build_host(tmp_path, N300S)
    assert [board.kind.name for board in host.boards(KINDS["t3000"])] == ["t3000"]
    assert len(host.boards(KINDS["n300"])) == 4
    assert len(host.boards(KINDS["n300"], 2, first=2)) == 2
    with pytest.raises(NotRunnable, match="silicon:n150: this host has 0 such boards .* mock:n300 needs no hardware"):
        host.boards(KINDS["n150"])
    assert Silicon(tmp_path / "none").survey().is_empty


def test_every_card_name_of_the_driver_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The names are those that tt-kmd 2.x prints as `tt_card_type`."""
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    kinds = dict.fromkeys(("p150", "p150a", "p150b", "p150c"), "p150") | {"p100": "p100", "p100a": "p100"}
    for card, kind in ({"n150": "n150", "n300": "n300"} | kinds).items():
        host = build_host(tmp_path / card, [Card("0000:01:00.0", card)])
        assert [board.kind.name for board in host.survey().whole] == [kind]
    for card in ("p300", "p300a", "p300b", "p300c"):
        host = build_host(tmp_path / card, [Card("0000:01:00.0", card), Card("0000:02:00.0", card)])
        assert [board.kind.name for board in host.survey().whole] == ["p300"]


def test_hosts_from_the_field(
    shared_cases: Path, tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    put_tt_smi(fake_programs, "")
    hosts = json.loads((shared_cases / "39_device_layouts" / "hosts.json").read_text())
    for name, chips in hosts.items():
        cards = [Card(chip["address"], chip["card"]) for chip in sorted(chips, key=lambda chip: chip["number"])]
        survey = build_host(tmp_path / name, cards).survey()
        surveyed = [address for each in survey.boards for address in each.group.addresses]
        assert sorted([*surveyed, *(card.name for card in survey.unknown)]) == sorted(card.address for card in cards), (
            name
        )
        assert bool(survey.whole) == (name != "galaxy_came_up_with_16"), name
        assert len(survey.unknown) == (name == "card_type_unknown"), name
    assert os.environ.get("TT_VISIBLE_DEVICES") is None
