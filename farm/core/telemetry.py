"""What the chips of a board said of themselves when there was trouble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class ChipTelemetry:
    """One chip. What it didn't say is None, never 0.

    Attributes:
        chip: its PCI address; with ` R`, the chip that is reached through the one at that address.
        temperature: of the ASIC, in degrees Celsius.
        gddr_temperature: of the hottest memory module, in degrees Celsius.
        heartbeat: the counter of its firmware, which stands still where that hangs.
        gddr_corrected: errors of its memory's transfers that were corrected.
        gddr_uncorrected: memory modules' reads and writes that had an error that was not corrected.
        throttlers: the mask of what slows its clock; 0 if nothing does.
        thermal_trips: how often it was switched off because it was too hot.
    """

    chip: str
    temperature: float | None = None
    gddr_temperature: float | None = None
    heartbeat: int | None = None
    gddr_corrected: int | None = None
    gddr_uncorrected: int | None = None
    throttlers: int | None = None
    thermal_trips: int | None = None

    def __str__(self) -> str:
        """One line: `0000:61:00.0: 54.3 °C, heartbeat 687038, throttled (0x2)`."""
        corrected, wrong = self.gddr_corrected, self.gddr_uncorrected
        parts = [
            None if self.temperature is None else f"{self.temperature:g} °C",
            None if self.gddr_temperature is None else f"memory {self.gddr_temperature:g} °C",
            None if self.heartbeat is None else f"heartbeat {self.heartbeat}",
            None if corrected is None else f"{corrected} corrected memory errors",
            None if wrong is None else f"{wrong} uncorrected memory errors",
            None
            if self.throttlers is None
            else f"throttled ({self.throttlers:#x})"
            if self.throttlers
            else "not throttled",
            None if self.thermal_trips is None else f"{self.thermal_trips} thermal trips",
        ]
        return f"{self.chip}: {', '.join(part for part in parts if part) or 'it says nothing'}"


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The chips of a board, after trouble and before anything was reset.

    Attributes:
        chips: those that answered.
        troubles: what could not be read, a line each.
    """

    chips: tuple[ChipTelemetry, ...] = ()
    troubles: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """It in words, a line for each chip and trouble."""
        return [*map(str, self.chips), *self.troubles]

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict that `from_json` reads; what a chip didn't say is missing."""
        chips = [{name: value for name in _FIELDS if (value := getattr(chip, name)) is not None} for chip in self.chips]
        return {"chips": chips, "troubles": list(self.troubles)}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Telemetry:
        """Read what `as_json` wrote.

        Raises:
            TypeError, KeyError: the dict is no telemetry.
        """
        return cls(tuple(ChipTelemetry(**chip) for chip in raw["chips"]), tuple(map(str, raw["troubles"])))


_FIELDS = tuple(each.name for each in fields(ChipTelemetry))
