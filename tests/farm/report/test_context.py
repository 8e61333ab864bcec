"""What a report needs beside the view of a run."""

from __future__ import annotations

import re

from farm.core.payload import TracedCall, Unreadable
from farm.report.context import configuration_lines


def test_every_payload_has_configuration_lines() -> None:
    assert 'raw: {"a": 1}' in configuration_lines(Unreadable("v", "o", raw={"a": 1}))
    lines = configuration_lines(TracedCall("v", "o", {"arg0": 3, "dim": {"type": "?"}}, ("x",)))
    assert lines[0] == "arg0 (x): 3"
    assert re.match(r"dim: ", lines[1])
