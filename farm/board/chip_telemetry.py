"""The telemetry of a board's chips in a snapshot of `tt-smi`.

Registers are those of the firmware's telemetry table, by tt-smi's names, with or without `TAG_`. A register of
corrected errors has a byte for each direction of two memory modules; that of uncorrected ones a bit for each.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from farm.board.tt_smi import SmiChip, SmiReport
from farm.core.telemetry import ChipTelemetry, Telemetry

_COLDEST, _HOTTEST = -60.0, 200.0
"""Degrees Celsius that a working sensor may show."""
_CORRECTED = re.compile(r"GDDR_\d_\d_CORR_ERRS")
_LOWER_16_BITS = 0xFFFF


def board_telemetry(report: SmiReport, addresses: Collection[str]) -> Telemetry:
    """The telemetry of a board.

    Args:
        report: the snapshot of its host.
        addresses: the PCI addresses of the board.
    """
    chips = tuple(_telemetry(chip, name) for chip, name in _chips_of(report, addresses))
    silent = sorted(address for address in addresses if report.chips and report.chip_at(address) is None)
    missing = (f"tt-smi doesn't tell of {', '.join(silent)}",) if silent else ()
    return Telemetry(chips, (*report.troubles, *missing))


def _chips_of(report: SmiReport, addresses: Collection[str]) -> Iterator[tuple[SmiChip, str]]:
    """The board's chips with their names, also those that are reached through others."""
    local = {chip.board_id: chip.address for chip in report.chips if chip.address in addresses}
    for chip in report.chips:
        if chip.address in addresses:
            yield chip, chip.address
        elif not chip.address and chip.board_id is not None and chip.board_id in local:
            yield chip, f"{local[chip.board_id]} {chip.side}".strip()


def _telemetry(chip: SmiChip, name: str) -> ChipTelemetry:
    registers = {register.removeprefix("TAG_"): value for register, value in chip.registers.items()}
    heartbeat = registers.get("TIMER_HEARTBEAT") if chip.heartbeat is None else chip.heartbeat
    uncorrected = registers.get("GDDR_UNCORR_ERRS")
    return ChipTelemetry(
        chip=name,
        temperature=_credible(chip.temperature),
        gddr_temperature=_credible(_lower_half(registers.get("MAX_GDDR_TEMP"))),
        heartbeat=heartbeat,
        gddr_corrected=_corrected(registers),
        gddr_uncorrected=None if uncorrected is None else uncorrected.bit_count(),
        throttlers=registers.get("THROTTLER"),
        thermal_trips=registers.get("THERM_TRIP_COUNT"),
    )


def _corrected(registers: Mapping[str, int]) -> int | None:
    words = [value for register, value in registers.items() if _CORRECTED.fullmatch(register)]
    return sum(sum(word.to_bytes(8, "big")) for word in words) if words else None


def _lower_half(register: int | None) -> float | None:
    return None if register is None else float(register & _LOWER_16_BITS)


def _credible(degrees: float | None) -> float | None:
    return degrees if degrees is not None and _COLDEST < degrees < _HOTTEST else None
