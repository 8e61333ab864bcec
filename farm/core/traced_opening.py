"""How boards were opened where a configuration was traced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tracer.device_config import DeviceConfig
from tracer.values.configuration import Execution


@dataclass(frozen=True, slots=True)
class TracedOpening:
    """The device config of one board that a configuration was traced on.

    Attributes:
        config: how that board was opened.
        series: the name of its cards, as the trace has it, such as `n300` or `p150b`; "" if the trace doesn't say.
        cards: the number of cards.
    """

    config: DeviceConfig
    series: str = ""
    cards: int = 1

    def as_json(self) -> dict[str, Any]:
        """A plain dict; `from_json` reads it back."""
        return {"config": self.config.as_json(), "series": self.series, "cards": self.cards}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> TracedOpening:
        """Read what `as_json` wrote.

        Raises:
            KeyError, TypeError, ConfigurationError: it is something else.
        """
        return cls(DeviceConfig.from_json(raw["config"]), raw["series"], raw["cards"])


def traced_openings(executions: Iterable[Execution]) -> tuple[TracedOpening, ...]:
    """The different openings that executions record, in their order; none if no trace says how a board was opened."""
    return tuple(
        dict.fromkeys(
            TracedOpening(each.device_config, *_cards(each.machine or {}))
            for each in executions
            if each.device_config is not None
        )
    )


def _cards(machine: Mapping[str, Any]) -> tuple[str, int]:
    """The series and the number of the cards of a `machine_info`."""
    series, cards = machine.get("device_series"), machine.get("card_count")
    if isinstance(series, list):  # of older traces
        series = series[0] if series else None
    return series if isinstance(series, str) else "", cards if type(cards) is int else 1
