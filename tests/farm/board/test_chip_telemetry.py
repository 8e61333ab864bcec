"""The telemetry of a board, as tt-smi tells it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from farm.board.backends.silicon import Silicon
from farm.board.chip_telemetry import board_telemetry
from farm.board.discovery.visible import VISIBLE_VARIABLE
from farm.board.kinds import KINDS
from farm.board.tt_smi import SmiChip, SmiReport, read_snapshot
from farm.core.board import Board
from farm.core.telemetry import ChipTelemetry, Telemetry

A, B = "0000:61:00.0", "0000:62:00.0"


def chip(address: str, registers: dict[str, int] | None = None, **fields: object) -> SmiChip:
    return SmiChip(address=address, registers=registers or {}, **fields)  # type: ignore[arg-type]


def test_what_a_chip_says_is_read_and_the_rest_is_absent() -> None:
    registers = {
        "TAG_TIMER_HEARTBEAT": 7,
        "GDDR_0_1_CORR_ERRS": 0x01000203,
        "TAG_GDDR_2_3_CORR_ERRS": 0x00000100,
        "GDDR_UNCORR_ERRS": 0b101,
        "MAX_GDDR_TEMP": 61,
        "THROTTLER": 2,
        "THERM_TRIP_COUNT": 0,
    }
    report = SmiReport((chip(A, registers, temperature=54.3), chip(B)))
    full, silent = board_telemetry(report, [A, B]).chips
    assert full == ChipTelemetry(A, 54.3, 61.0, 7, 7, 2, 2, 0)
    assert str(full) == (
        f"{A}: 54.3 °C, memory 61 °C, heartbeat 7, 7 corrected memory errors, 2 uncorrected memory errors, "
        "throttled (0x2), 0 thermal trips"
    )
    assert silent == ChipTelemetry(B)
    assert str(silent) == f"{B}: it says nothing"


def test_a_board_has_its_own_chips_and_those_behind_them_and_no_others() -> None:
    right = SmiChip(side="R", board_id=5, temperature=41.0)
    report = SmiReport((chip(A, board_id=5, side="L"), right, chip(B, board_id=6), SmiChip(board_id=6, side="R")))
    assert [each.chip for each in board_telemetry(report, [A]).chips] == [A, f"{A} R"]
    assert board_telemetry(report, ["0000:63:00.0"]) == Telemetry(
        troubles=("tt-smi doesn't tell of 0000:63:00.0",),
    )


@pytest.mark.parametrize("degrees", [-3000.0, 1e9, None])
def test_a_temperature_that_can_not_be_is_none(degrees: float | None) -> None:
    [only] = board_telemetry(SmiReport((chip(A, temperature=degrees),)), [A]).chips
    assert only.temperature is None


def test_telemetry_is_read_back_from_json_without_what_is_absent() -> None:
    telemetry = Telemetry((ChipTelemetry(A, 54.3, throttlers=0), ChipTelemetry(B)), ("tt-smi: it printed nothing",))
    text = json.dumps(telemetry.as_json())
    assert json.loads(text)["chips"] == [{"chip": A, "temperature": 54.3, "throttlers": 0}, {"chip": B}]
    assert Telemetry.from_json(json.loads(text)) == telemetry


BOARD = Board(f"host:{A}", "silicon", KINDS["n150"], environment={VISIBLE_VARIABLE: A})


def test_silicon_asks_tt_smi(fake_programs: Path) -> None:
    snapshot = {"device_info": [{"board_info": {"bus_id": A}, "telemetry": {"asic_temperature": "54.3"}}]}
    tool = fake_programs / "tt-smi"
    tool.write_text(f"#!/bin/sh\necho '{json.dumps(snapshot)}'\n", encoding="utf-8")
    tool.chmod(0o755)
    assert Silicon().telemetry(BOARD) == Telemetry((ChipTelemetry(A, 54.3),))
    tool.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    telemetry = Silicon().telemetry(BOARD)
    assert (telemetry.chips, len(telemetry.troubles)) == ((), 1)


def test_real_snapshots_are_read(shared_cases: Path) -> None:
    for name, heartbeat in (("31_smi_n150", None), ("33_smi_galaxy_wormhole", 687038)):
        report = read_snapshot((shared_cases / name / "tt-smi-s.json").read_text(encoding="utf-8"))
        first = report.chips[0]
        telemetry = board_telemetry(report, [first.address]).chips[0]
        assert telemetry.temperature == first.temperature
        assert telemetry.temperature is not None
        assert telemetry.heartbeat == heartbeat
        assert telemetry.gddr_corrected is None, "Wormhole doesn't count them"
