"""Payloads: encoded once, decoded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.core.payload import ModelTrace, ModuleVector, Payload, Tag, TracedCall, Unreadable, decode, encode, tag_of
from farm.core.sweep_module import SweepModule
from farm.core.traced_opening import TracedOpening
from tracer.device_config import DeviceConfig
from tracer.value_statistics import ValueStatistics

MODULE = SweepModule("a.b", Path("/x/a/b.py"), (Path("/x"),), {"A": "1"}, 30.0, Path("/home"))
OPENINGS = (
    TracedOpening(DeviceConfig(dispatch_core_type="ETH"), "n300", 4).as_json(),
    TracedOpening(DeviceConfig((1, 2))).as_json(),
)
NO_NUMBER = ValueStatistics(8, 0, 0, 0, nans=0.5, negative_infinities=0.5)
PAYLOADS: list[Payload] = [
    TracedCall("v", "ttnn.add"),
    TracedCall("v", "ttnn.add", raised="RuntimeError: wrong"),
    TracedCall("v", "ttnn.add", {"arg0": 1}, ("x",), {"t": 1}, ("perf",), ("blackhole",), verify=True),
    TracedCall("v", "ttnn.add", openings=OPENINGS, output_archs=("blackhole", "wormhole_b0")),
    TracedCall("v", "ttnn.add", statistics={"arg0": ValueStatistics(4, -1.5, 2, 0.25, 0.5), "arg2[1]": NO_NUMBER}),
    ModuleVector("v", MODULE, openings=OPENINGS[:1]),
    ModuleVector("v", MODULE),
    ModuleVector("v", MODULE, "nightly", 3, "h", {"a": 1}, {"b": "an object"}, (8, 7), 9.0, ("perf",), ("c",)),
    ModelTrace("m", "test_m.py", "/models", ("-v",), {"A": "1"}, 60.0),
    ModelTrace("m", "test_m.py", "/models", values=True),
    Unreadable("v", "ttnn.add", problem="arguments are no dict", raw={"arguments": "é\n\x00"}),
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_reads_back_the_same(payload: Payload) -> None:
    text = encode(payload)
    assert decode(text) == payload
    assert tag_of(text) is payload.tag
    assert text.isascii()
    assert "\n" not in text


def test_every_tag_is_a_payload() -> None:
    assert {payload.tag for payload in PAYLOADS} == set(Tag)


@pytest.mark.parametrize("text", ["{}", "", '{"tag":"other"}'])
def test_text_that_is_no_payload_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an encoded payload|'other' is not a valid Tag"):
        tag_of(text)
