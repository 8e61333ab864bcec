"""Measured times of calls on the device, as a profiler reports them.

They say nothing about which call it is, so no hash of a configuration covers them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracer.errors import ConfigurationError
from tracer.values.text import brief

_KEYS = ("total", "least", "most")


@dataclass(frozen=True, slots=True, order=True)
class Times:
    """Durations of some calls, in whole nanoseconds.

    Attributes:
        total: of all calls together.
        least: of the fastest call.
        most: of the slowest call.
    """

    total: int
    least: int
    most: int

    @classmethod
    def of(cls, nanoseconds: float) -> Times:
        """Return the times of one call."""
        whole = round(nanoseconds)
        return cls(whole, whole, whole)

    def __add__(self, other: Times) -> Times:
        return Times(self.total + other.total, min(self.least, other.least), max(self.most, other.most))

    def as_json(self) -> dict[str, int]:
        """Return the JSON in a master."""
        return {key: getattr(self, key) for key in _KEYS}

    @classmethod
    def from_json(cls, raw: Any, what: str) -> Times:
        """Read what `as_json` wrote.

        Raises:
            ConfigurationError: it is something else.
        """
        numbers = [raw.get(key) for key in _KEYS] if isinstance(raw, dict) else []
        whole = [number for number in numbers if type(number) is int and number >= 0]
        if len(whole) != len(_KEYS):
            raise ConfigurationError(f"{what} must hold {', '.join(_KEYS)} in nanoseconds, not {brief(raw)}")
        total, least, most = whole
        return cls(total, least, most)


@dataclass(frozen=True, slots=True)
class DeviceTimes:
    """How long the calls of one configuration ran on the device; on several chips, how long the slowest one ran.

    Attributes:
        calls: how many calls were measured.
        kernel: from the start of the first kernel to the end of the last one.
        firmware: the same with the firmware around the kernels; None if it wasn't measured.
    """

    calls: int
    kernel: Times
    firmware: Times | None = None

    @property
    def seconds(self) -> float:
        """The mean time of the kernels of one call, in seconds."""
        return self.kernel.total / self.calls * 1e-9

    @property
    def text(self) -> str:
        """The times in words: `kernels 93.1 us (92.9 to 93.9 in 8 calls)`."""
        mean, least, most = (_microseconds(part) for part in (self.seconds * 1e9, self.kernel.least, self.kernel.most))
        spread = f"{least} to {most} in {self.calls} calls" if self.calls > 1 else "one call"
        return f"kernels {mean} us ({spread})"

    def __add__(self, other: DeviceTimes) -> DeviceTimes:
        """Return the times of both measurements, which are of different calls."""
        firmware = None
        if self.firmware is not None and other.firmware is not None:
            firmware = self.firmware + other.firmware
        return DeviceTimes(self.calls + other.calls, self.kernel + other.kernel, firmware)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON in a master."""
        raw: dict[str, Any] = {"calls": self.calls, "kernel_ns": self.kernel.as_json()}
        if self.firmware is not None:
            raw["firmware_ns"] = self.firmware.as_json()
        return raw

    @classmethod
    def from_json(cls, raw: Any) -> DeviceTimes:
        """Read what `as_json` wrote.

        Raises:
            ConfigurationError: it is something else.
        """
        calls = raw.get("calls") if isinstance(raw, dict) else None
        if type(calls) is not int or calls < 1:
            raise ConfigurationError(f"device_times must hold the number of measured calls, not {brief(raw)}")
        firmware = raw.get("firmware_ns")
        return cls(
            calls,
            Times.from_json(raw.get("kernel_ns"), "device_times.kernel_ns"),
            None if firmware is None else Times.from_json(firmware, "device_times.firmware_ns"),
        )


def preferred(one: DeviceTimes | None, other: DeviceTimes | None) -> DeviceTimes | None:
    """Return the one of two measurements that stands when records of one place are joined: the one of more calls.

    The same one stands in any order, and a measurement joined with itself is itself.
    """
    if one is None or other is None:
        return one or other
    return max(one, other, key=_rank)


def _rank(times: DeviceTimes) -> tuple[int, Times, bool, Times]:
    return times.calls, times.kernel, times.firmware is not None, times.firmware or Times(0, 0, 0)


def _microseconds(nanoseconds: float) -> str:
    return f"{nanoseconds / 1000:.3g}" if nanoseconds < 1_000_000 else f"{nanoseconds / 1000:.0f}"
