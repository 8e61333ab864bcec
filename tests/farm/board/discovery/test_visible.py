"""TT_VISIBLE_DEVICES: the forms that UMD takes, and what is said of others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from farm.board.discovery.facts import PciDevice
from farm.board.discovery.visible import VISIBLE_VARIABLE, hidden_note, visible_devices
from farm.core.errors import NotRunnable

HOST = [PciDevice(f"0000:{bus}:00.0", "n300") for bus in ("c1", "21", "c2", "01")]


def seen(value: str) -> list[str]:
    return [device.address[5:7] for device in visible_devices(HOST, {VISIBLE_VARIABLE: value})]


@pytest.mark.parametrize(
    ("value", "buses"),
    [
        ("0000:c1:00.0", ["c1"]),
        ("c1:00.0", ["c1"]),
        (":c1:", ["c1"]),
        ("0000:C1:00.0", ["c1"]),
        ("0000:c", ["c1", "c2"]),
        ("0", ["01"]),
        ("3, 0", ["01", "c2"]),
        ("0000:01:00.0, 0", ["01"]),
        (" , 1,", ["21"]),
        ("", []),
    ],
)
def test_every_form_of_umds_is_taken(value: str, buses: list[str]) -> None:
    assert seen(value) == buses


def test_without_the_variable_all_are_visible() -> None:
    assert visible_devices(HOST, {}) == HOST
    assert hidden_note(HOST, HOST, {}) == ""


@pytest.mark.parametrize("entry", ["0000:99:00.0", "4", "99999999999999999999", "-1", "c1", "all", "0x0", "٣"])
def test_an_entry_that_matches_nothing_is_said(entry: str) -> None:
    with pytest.raises(
        NotRunnable, match=f"^TT_VISIBLE_DEVICES=0,{entry}: '{entry}' .*matches no device; there are 0000:01"
    ):
        visible_devices(HOST, {VISIBLE_VARIABLE: f"0,{entry}"})
    assert visible_devices([], {VISIBLE_VARIABLE: entry}) == []


def test_forms_from_the_field(shared_cases: Path) -> None:
    for form in json.loads((shared_cases / "44_visible_devices_forms" / "forms.json").read_text()):
        devices = [PciDevice(address, "n300") for address in form["chips"]]
        environment = {VISIBLE_VARIABLE: form["value"]}
        if form["umd_opens"] == "an error":
            with pytest.raises(NotRunnable):
                visible_devices(devices, environment)
        else:
            assert [each.address for each in visible_devices(devices, environment)] == form["umd_opens"]
