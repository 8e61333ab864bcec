"""Measured times on the device: joined the same way in any order, and no part of any hash."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from tracer.device_times import DeviceTimes, Times, preferred
from tracer.errors import ConfigurationError
from tracer.master.master import Master
from tracer.master.view import execution_line
from tracer.values.configuration import Configuration, Execution

ONE = DeviceTimes(1, Times.of(4800), Times.of(5000))
TWO = DeviceTimes(2, Times(9000, 4000, 5000))


def test_times_of_several_calls_are_added() -> None:
    both = ONE + TWO
    assert both == DeviceTimes(3, Times(13800, 4000, 5000))
    assert both.seconds == pytest.approx(4.6e-6)
    assert both.text == "kernels 4.6 us (4 to 5 in 3 calls)"
    assert (ONE + ONE).firmware == Times(10000, 5000, 5000)
    assert DeviceTimes(1, Times.of(8_699_373)).text == "kernels 8699 us (one call)"


def test_json_is_read_back() -> None:
    assert [DeviceTimes.from_json(each.as_json()) for each in (ONE, TWO)] == [ONE, TWO]


@pytest.mark.parametrize(
    "raw", [None, 3, {}, {"calls": 0, "kernel_ns": Times.of(1).as_json()}, {"calls": 1}, {"calls": 1, "kernel_ns": {}}]
)
def test_anything_else_is_an_error(raw: object) -> None:
    with pytest.raises(ConfigurationError, match="device_times"):
        DeviceTimes.from_json(raw)


def test_of_two_measurements_the_one_of_more_calls_stands_in_any_order() -> None:
    slower = DeviceTimes(2, Times(9001, 4000, 5001))
    for each in permutations((ONE, TWO, slower, None)):
        joined = None
        for times in each:
            joined = preferred(joined, times)
        assert joined == slower


def master(times: DeviceTimes | None) -> Master:
    result = Master()
    result.add(Configuration("ttnn.relu", {"arg0": 1}, executions=[Execution("a.py", None, 2, device_times=times)]))
    return result


def test_a_master_keeps_them_beside_its_hashes() -> None:
    measured, plain = master(ONE), master(None)
    (one,), (other,) = measured, plain
    assert (one.content_hash, one.config_hash) == (other.content_hash, other.config_hash)
    plain.merge(measured)
    assert plain.text() == measured.text()
    again = Master.parse(json.loads(plain.text()))
    (read,) = again
    assert read.executions[0].device_times == ONE
    assert read.device_seconds == pytest.approx(4.8e-6)
    assert again.text() == plain.text()
    assert execution_line(read.executions[0]) == (
        "seen in a.py, 2 times, machine not recorded, kernels 4.8 us (one call)"
    )
