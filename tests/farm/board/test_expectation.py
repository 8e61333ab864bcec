"""What hosts lack of what is expected of them: pairs of a layout and an expectation, and no host but built ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from farm.board.backends.silicon import silicon_board
from farm.board.discovery.facts import HostChips, PciDevice, UmdChip, UmdReport
from farm.board.discovery.grouping import group_chips
from farm.board.discovery.survey import Survey, surveyed
from farm.board.expectation import Expectation, shortfalls
from farm.board.kinds import KINDS
from farm.core.errors import FarmError
from farm.core.expected_host import ExpectedHost, expected_host
from farm.core.shortfall import Trait, held_by, require_releasable


def devices(*cards: str) -> tuple[PciDevice, ...]:
    return tuple(PciDevice(f"0000:{bus:02x}:00.0", card) for bus, card in enumerate(cards, start=1))


def umd_of(chips: Sequence[PciDevice], kind: str, links: Sequence[tuple[int, int]], sick: str = "") -> UmdReport:
    """What tt-umd says of chips that are a board each."""
    return UmdReport(
        version="0.9",
        devices=tuple(each.address for each in chips),
        chips=tuple(
            UmdChip(
                chip=number,
                address=each.address,
                board_type=kind,
                board_id=number + 1,
                tray=1 + number // 8 if kind.startswith("ubb") else None,
                errors=("its heartbeat stands",) if each.address == sick else (),
            )
            for number, each in enumerate(chips)
        ),
        links=tuple(links),
    )


def survey_of(host: HostChips) -> Survey:
    return surveyed(group_chips(host), (), silicon_board)


def lines(host: HostChips, expected: str, named: str = "") -> list[str]:
    """The shortfalls of a host in words, without the names of boards."""
    survey = survey_of(host)
    kinds = [KINDS[named]] if named else []
    lacking = shortfalls(Expectation.parse(expected), survey.boards, {}, survey.unformed, kinds)
    return [f"{each.kind}: {each.present} / {each.expected} / holds {len(each.boards)}" for each in lacking]


N300S = devices(*["n300"] * 4)
GALAXY = devices(*["galaxy-wormhole"] * 32)
PAIRS = [(link.chip, link.far_chip) for link in KINDS["galaxy"].mock.links]


@pytest.mark.parametrize(
    ("cards", "expected", "shortfalls"),
    [
        (["n300"] * 4, "", []),
        (["n300"] * 4, "t3000", []),
        (["n300"] * 4, "n300*4", []),  # a t3000 is four of them
        (["n300"] * 2, "n300*2", []),
        (["n300"] * 5, "n300*4", []),
        (["n300"] * 3, "n300*4", ["n300: 3 n300 / 4 n300 / holds 0"]),
        (["n300"] * 3, "n300,n300*3", ["n300: 3 n300 / 4 n300 / holds 0"]),
        (["n300"] * 3, "t3000", ["t3000: 3 n300 / 1 t3000 / holds 3"]),
        (["n300"] * 3, "t3000,n300", ["t3000: 3 n300 / 1 t3000 / holds 0"]),
        (["n300", "p150b"], "t3000", ["t3000: 1 n300, 1 p150 / 1 t3000 / holds 1"]),
        ([], "n300*4,p150", ["n300: no board / 4 n300 / holds 0", "p150: no board / 1 p150 / holds 0"]),
        (["p150a"] * 4, "p150x4", ["p150x4: 4 p150 / 1 p150x4 / holds 4"]),
        (["p150a"] * 4, "silicon:p150*4", []),
        (["p300c"] * 2, "p300x2", ["p300x2: 1 p300 / 1 p300x2 / holds 1"]),
        (["p300c"], "p300", ["p300: 1 of 2 chips / 2 chips / holds 1"]),
        (["galaxy-wormhole"] * 32, "galaxy", []),
        (["galaxy-wormhole"] * 16, "galaxy", ["galaxy: 16 of 32 chips / 32 chips / holds 1"]),
        (["galaxy-wormhole"] * 16, "", ["galaxy: 16 of 32 chips / 32 chips / holds 1"]),
        (["galaxy-blackhole"] * 32, "galaxy", ["galaxy: 1 galaxy-blackhole / 1 galaxy / holds 0"]),
        (["unknown", "n150"], "n150*2", ["n150: 1 n150 / 2 n150 / holds 0"]),
        (["n150"], "mock:n150", ["n150: no board / 1 n150 / holds 0"]),
    ],
)
def test_each_layout_is_compared_with_each_expectation(cards: list[str], expected: str, shortfalls: list[str]) -> None:
    assert lines(HostChips(devices(*cards)), expected) == shortfalls


def test_what_a_person_named_is_not_held_as_what_is_left_of_a_box() -> None:
    three = HostChips(N300S[:3])
    assert lines(three, "t3000", named="n300") == ["t3000: 3 n300 / 1 t3000 / holds 0"]
    assert lines(three, "t3000", named="p150") == ["t3000: 3 n300 / 1 t3000 / holds 3"]


def test_links_of_a_box_that_are_not_found_are_said_and_hold_its_cards() -> None:
    apart = HostChips(N300S, umd_of(N300S, "n300", links=[(0, 1), (1, 2)]))
    [*chips, box] = lines(apart, "t3000")
    assert chips == ["n300: 1 of 2 chips / 2 chips / holds 1"] * 4
    assert box == f"t3000: 4 n300, and no link between {N300S[3].address} and the other cards / 1 t3000 / holds 4"


def test_a_galaxy_without_all_links_is_held_until_a_person_releases_it() -> None:
    whole = HostChips(GALAXY, umd_of(GALAXY, "ubb", PAIRS))
    assert lines(whole, "galaxy") == []
    torus = HostChips(GALAXY, umd_of(GALAXY, "ubb", [*PAIRS, (0, 24)]))
    assert lines(torus, "galaxy") == []
    cut = HostChips(GALAXY, umd_of(GALAXY, "ubb", PAIRS[1:]))
    assert lines(cut, "galaxy") == ["galaxy: links between 51 pairs of chips / 52 pairs / holds 1"]
    survey = survey_of(cut)
    assert survey.whole == []
    assert len(survey.usable) == 1
    half = survey_of(HostChips(GALAXY[:16], umd_of(GALAXY[:16], "ubb", PAIRS[:3])))
    assert half.boards[0].shortfalls[0].present == "16 of 32 chips, in 2 trays (1, 2)"
    assert half.usable == []


def test_an_unhealthy_chip_holds_its_board_alone() -> None:
    cards = devices("n150", "n150")
    survey = survey_of(HostChips(cards, umd_of(cards, "n150", [], sick=cards[1].address)))
    lacking = shortfalls(Expectation(), survey.boards, {})
    good, sick = (each.board.id for each in survey.boards)
    assert held_by(lacking, good) == ()
    [reason] = held_by(lacking, sick)
    assert reason.trait is Trait.HEALTH
    assert reason.line("lab1") == (
        f"lab1: n150 {sick}: not as expected: it has an unhealthy chip: {cards[1].address} is unhealthy, says tt-umd: "
        "its heartbeat stands; expected: healthy chips"
    )


@pytest.mark.parametrize(
    ("driver", "firmware", "traits"),
    [
        ("", "", []),
        ("2.4.1", "19.6.0", []),
        (">=2.4", "==19.*", []),
        ("2.5", "", ["driver"]),
        ("", "19.4", ["firmware", "firmware"]),
        ("<2", ">=20", ["driver", "firmware", "firmware"]),
    ],
)
def test_versions_are_compared_where_the_inventory_names_one(driver: str, firmware: str, traits: list[str]) -> None:
    survey = survey_of(HostChips(devices("n150", "p150b", "p150b")))
    first, second, third = (each.board.id for each in survey.boards)
    versions = {name: {"driver": "2.4.1", "firmware": "19.6.0"} for name in (first, second)} | {third: {}}
    expectation = Expectation.of(ExpectedHost(driver=driver, firmware=firmware), "lab1")
    lacking = shortfalls(expectation, survey.boards, versions)
    assert [each.trait.value for each in lacking] == traits
    assert {name for each in lacking for name in each.boards} == ({first, second} if traits else set())
    assert not any(held_by(lacking, third))


def test_an_inventory_names_hosts_and_patterns() -> None:
    hosts = {
        "lab*": ExpectedHost(expect=("n300*4",)),
        "lab9": ExpectedHost.model_validate({"expect": "p150*2,p300"}),
        "*": ExpectedHost(driver=">=2"),
    }
    assert expected_host(hosts, "lab1").expect == ("n300*4",)
    assert expected_host(hosts, "lab9").expect == ("p150*2", "p300")
    assert expected_host(hosts, "attic").driver == ">=2"
    assert expected_host({}, "attic") == ExpectedHost()
    with pytest.raises(FarmError, match="the settings of hosts, lab9: no board kind 'n30': did you mean n300"):
        Expectation.of(ExpectedHost(expect=("n30",)), "lab9")


def test_nobody_releases_a_board_that_lacks_chips() -> None:
    lacking = shortfalls(Expectation(), survey_of(HostChips(GALAXY[:16])).boards, {})
    with pytest.raises(FarmError, match="lab1:x can't be released: .* 16 of 32 chips; expected: 32 chips; reset it"):
        require_releasable("lab1:x", lacking)


def test_hosts_from_the_field(shared_cases: Path) -> None:
    hosts = json.loads((shared_cases / "39_device_layouts" / "hosts.json").read_text())
    lacking = {
        name: lines(HostChips(tuple(PciDevice(chip["address"], chip["card"]) for chip in chips)), "galaxy")
        for name, chips in hosts.items()
    }
    assert lacking["galaxy_came_up_with_16"] == ["galaxy: 16 of 32 chips / 32 chips / holds 1"]
    assert all(each for name, each in lacking.items() if "galaxy_wormhole" not in name), lacking
