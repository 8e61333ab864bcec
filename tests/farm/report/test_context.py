"""What a report needs beside the view of a run."""

from __future__ import annotations

import re

from farm.core.payload import TracedCall, Unreadable
from farm.report.context import configuration_lines
from tracer.value_statistics import ValueStatistics


def test_every_payload_has_configuration_lines() -> None:
    assert 'raw: {"a": 1}' in configuration_lines(Unreadable("v", "o", raw={"a": 1}))
    lines = configuration_lines(TracedCall("v", "o", {"arg0": 3, "dim": {"type": "?"}}, ("x",)))
    assert lines[0] == "arg0 (x): 3"
    assert re.match(r"dim: ", lines[1])


def test_the_statistics_of_traced_numbers_follow_their_argument() -> None:
    one, other = ValueStatistics(4, -1, 3, 0.5, 0.25), ValueStatistics(4, 0, 31999, 2.5)
    call = TracedCall("v", "o", {"arg0": 3, "arg1": [1, 2], "arg10": 4}, statistics={"arg1[1]": one, "arg10": other})
    assert configuration_lines(call) == (
        "arg0: 3",
        "arg1: [1, 2]",
        "  [1]: values -1 to 3, mean 0.5, 25 % zeros",
        "arg10: 4",
        "  values 0 to 31999, mean 2.5",
    )
