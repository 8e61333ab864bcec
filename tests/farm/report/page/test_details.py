"""The data of the page's script."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from farm.core.outcome import Outcome
from farm.core.telemetry import ChipTelemetry, Telemetry
from farm.core.verdicts import Verdict
from farm.report.context import RunContext
from farm.report.page.details import script_json, vector_details
from farm.store import Store
from tests.farm.report.page.recorded import run_of
from tracer.device_config import DeviceConfig


@given(st.recursive(st.text() | st.floats(allow_nan=False, allow_infinity=False), st.lists, max_leaves=5))
def test_script_json_reads_back_and_can_not_end_a_script(value: object) -> None:
    text = script_json(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")
    assert text.isascii()


def test_a_vector_shows_how_its_board_was_really_opened(store: Store) -> None:
    eth = DeviceConfig(dispatch_core_type="ETH")
    outcomes = [Outcome("v0", Verdict.VALIDATED), Outcome("v1", Verdict.VALIDATED, device_config=eth)]
    details = vector_details(run_of(store, outcomes), RunContext())
    opened = [details["texts"][details["vectors"][name]["opened"]] for name in ("v0", "v1")]
    assert opened == ["mesh_shape [1, 1]", "mesh_shape [1, 1], dispatch_core_type ETH"]


def test_an_attempt_shows_what_the_chips_said_at_trouble(store: Store) -> None:
    telemetry = Telemetry((ChipTelemetry("0000:61:00.0", 91.5),), ("tt-smi: it printed nothing",))
    outcomes = [Outcome("v0", Verdict.VALIDATED), Outcome("v1", Verdict.BOARD_FAULT, telemetry=telemetry)]
    details = vector_details(run_of(store, outcomes), RunContext())
    chips = [details["texts"][details["vectors"][name]["attempts"][0][9]] for name in ("v0", "v1")]
    assert chips[0] == ""
    assert "0000:61:00.0: 91.5 °C" in chips[1]
    assert "tt-smi: it printed nothing" in chips[1]
