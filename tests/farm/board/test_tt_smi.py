"""Snapshots of tt-smi: every form of them is read as far as it tells, and the rest is said in one line."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.board.external_tools import ask_tool
from farm.board.tt_smi import SmiChip, read_snapshot, tt_smi_snapshot

LEFT = {
    "smbus_telem": {"THROTTLER": "0x2", "FAULTS": None, "DDR_STATUS": "0x222", "FAN_SPEED": "0xffffffff"},
    "board_info": {
        "bus_id": "0000:C1:00.0",
        "board_type": "n300 L",
        "board_id": "100014000000001",
        "coords": "(1, 0, 0, 0)",
    },
    "telemetry": {"asic_temperature": "54.3", "power": " 12.0", "heartbeat": "687038"},
    "firmwares": {"fw_bundle_version": "18.6.0.0"},
}
RIGHT = {
    "board_info": {"bus_id": "N/A", "board_type": "n300 R", "board_id": "100014000000001", "coords": "(0, 0, 0, 0)"}
}
SNAPSHOT = json.dumps({"host_info": {"Driver": "TT-KMD 2.3.0"}, "device_info": [LEFT, RIGHT]}, indent=1)


def test_a_snapshot_is_read() -> None:
    report = read_snapshot(SNAPSHOT)
    assert report.driver == "2.3.0"
    assert not report.troubles
    left, right = report.chips
    assert left == SmiChip(
        address="0000:c1:00.0",
        card="n300",
        side="L",
        board_id=0x100014000000001,
        coordinates="(1, 0, 0, 0)",
        firmware="18.6.0.0",
        temperature=54.3,
        power=12.0,
        heartbeat=687038,
        registers={"THROTTLER": 2, "DDR_STATUS": 0x222},
    )
    assert (right.address, right.side, right.board_id) == ("", "R", left.board_id)
    assert report.chip_at("0000:c1:00.0") == left
    assert report.chip_at("") is None


@pytest.mark.parametrize(
    "text",
    [
        f"12:00:01 | info | UMD | Creating {{discovery}} [1]\n{SNAPSHOT}",
        f"{SNAPSHOT}\n[warning] heartbeat {{stands}} still",
        SNAPSHOT + SNAPSHOT,
        json.dumps([LEFT, RIGHT]),
        json.dumps({"device_info": {"0": LEFT, "1": RIGHT}}),
        "\ufeff" + SNAPSHOT,
    ],
    ids=["log lines first", "log lines after", "twice", "a list alone", "by number", "byte order mark"],
)
def test_other_forms_say_the_same(text: str) -> None:
    report = read_snapshot(text)
    assert report.chips == read_snapshot(SNAPSHOT).chips
    assert not report.troubles


def test_objects_in_a_row_add_up() -> None:
    one, two = (json.dumps({"device_info": [{"board_info": {"bus_id": f"0000:0{n}:00.0"}}]}) for n in (1, 2))
    assert [chip.address for chip in read_snapshot(one + two).chips] == ["0000:01:00.0", "0000:02:00.0"]
    unnamed = json.dumps({"device_info": [{"board_info": {"board_type": "p300c"}}]})
    assert [chip.card for chip in read_snapshot(unnamed * 2).chips] == ["p300c", "p300c"]


@pytest.mark.parametrize("nothing", ["N/A", "", "  ", None, "none", True, [], {}])
def test_every_way_to_say_nothing_is_nothing(nothing: object) -> None:
    names = ("bus_id", "board_type", "board_id", "coords")
    entry = {
        "board_info": dict.fromkeys(names, nothing),
        "firmwares": {"fw_bundle_version": nothing},
        "telemetry": {"asic_temperature": nothing, "power": nothing, "heartbeat": nothing},
        "smbus_telem": {"FAULTS": nothing},
    }
    report = read_snapshot(json.dumps({"device_info": [entry, LEFT]}))
    assert report.chips[0].is_silent
    assert report.troubles == ("tt-smi: nothing is said of 1 of 2 chips",)
    for parts in (dict.fromkeys(entry, nothing), nothing):
        assert read_snapshot(json.dumps({"device_info": [parts, LEFT]})).chips[0].is_silent


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("", "it printed nothing"),
        ("Segmentation fault", "it printed no JSON"),
        ("{}", "its JSON has no device_info"),
        ('{"device_info": []}', "its device_info is empty: it reaches no chip"),
        ('{"device_info": null}', "its device_info is empty: it reaches no chip"),
        ('{"device_info": "none"}', "its device_info is not a list"),
        (SNAPSHOT[:-30], "what it printed is not all JSON, or is cut off"),
        ("[" * 100_000, "what it printed is nested too deeply"),
    ],
)
def test_what_is_not_readable_is_said_in_one_line(text: str, trouble: str) -> None:
    assert read_snapshot(text).troubles == (f"tt-smi: {trouble}",)


def test_what_was_printed_before_the_cut_counts() -> None:
    assert read_snapshot(SNAPSHOT[:-30]).chips[0].address == "0000:c1:00.0"


def test_numbers_that_are_none_are_left_out() -> None:
    entry = {
        "telemetry": {"asic_temperature": "hot", "power": "nan", "heartbeat": "0xzz"},
        "board_info": {"board_id": "0"},
    }
    (chip,) = read_snapshot(json.dumps({"device_info": [entry]})).chips
    assert chip.is_silent
    assert read_snapshot('{"device_info": [{"board_info": {"board_id": "ffffffff"}}]}').chips[0].board_id is None
    bundle = '{"device_info": [{"firmwares": {"fw_bundle_version": "fw_pack-19.9.0"}}]}'
    assert read_snapshot(bundle).chips[0].firmware == "19.9.0"


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["device_info", "board_info", "bus_id", "telemetry", "board_type"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(_VALUES, st.integers(min_value=0, max_value=80))
def test_no_output_is_too_odd(value: object, cut: int) -> None:
    text = json.dumps(value)
    for each in (text, text[:cut], text + text):
        report = read_snapshot(each)
        assert report.chips or report.troubles
        assert all("\n" not in trouble for trouble in report.troubles)


def test_the_tool_is_asked(fake_programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = fake_programs / "tt-smi"
    (fake_programs / "snapshot").write_text(SNAPSHOT)
    show = f"cat '{fake_programs}/snapshot'"

    def tool(script: str) -> None:
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    tool(f'test "$1" = -s && {show}')
    assert tt_smi_snapshot() == read_snapshot(SNAPSHOT)
    tool(f"{show}; echo no chip answers >&2; exit 3")
    report = tt_smi_snapshot()
    assert report.chips == read_snapshot(SNAPSHOT).chips
    assert report.troubles == ("tt-smi ended with exit code 3: no chip answers",)
    tool("kill -SEGV $$")
    assert tt_smi_snapshot().troubles == ("tt-smi was ended by signal 11",)
    tool("sleep 600 & wait")
    hung = tt_smi_snapshot(0.1)
    assert (hung.troubles, hung.timed_out) == (("tt-smi did not end in 0.1 s, and was killed",), True)
    program.write_text("#!/no/such/interpreter\n")
    assert tt_smi_snapshot().troubles == ("tt-smi can't be started: No such file or directory",)
    monkeypatch.setenv("PATH", str(fake_programs / "empty"))
    assert tt_smi_snapshot().troubles == ("tt-smi is not installed",)


def test_the_hosts_own_tool_is_sealed() -> None:
    with pytest.raises(RuntimeError, match="a test tried to run"):
        tt_smi_snapshot()
    refused = subprocess.run(["/bin/sh", "-c", "tt-smi -s"], check=False, capture_output=True, text=True)
    assert refused.stderr == "a test tried to run tt-smi\n"


def test_children_of_a_tool_end_with_it(tmp_path: Path) -> None:
    answer = ask_tool(["/bin/sh", "-c", "sleep 600 & echo $!"], 30)
    child = int(answer.output)
    assert answer.trouble == ""
    stat = Path(f"/proc/{child}/stat")
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] not in "ZX":
        os.sched_yield()


@pytest.mark.parametrize(
    ("case", "chips", "firmware"),
    [
        ("31_smi_n150/tt-smi-s.json", 1, "80.17.0.0"),
        ("32_smi_four_n300/tt-smi-s.json", 8, "80.17.0.0"),
        ("33_smi_galaxy_wormhole/tt-smi-s.json", 32, "18.6.0.0"),
        ("35_smi_eight_p150b/tt-smi-s.json", 8, ""),
        ("38_smi_odd_outputs/log_lines_before.txt", 1, "19.8.1.0"),
        ("38_smi_odd_outputs/old_flat_list.json", 1, ""),
        ("38_smi_odd_outputs/two_objects_in_a_row.txt", 2, ""),
        ("38_smi_odd_outputs/unidentified_after_recovery.json", 2, ""),
        ("38_smi_odd_outputs/wedged_arc.json", 8, "19.5.0.0"),
    ],
)
def test_snapshots_from_the_field(shared_cases: Path, case: str, chips: int, firmware: str) -> None:
    report = read_snapshot((shared_cases / case).read_text())
    assert len(report.chips) == chips
    assert report.chips[0].firmware == firmware
