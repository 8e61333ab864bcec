"""The data of the page's script."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from farm.report.page.details import script_json


@given(st.recursive(st.text() | st.floats(allow_nan=False, allow_infinity=False), st.lists, max_leaves=5))
def test_script_json_reads_back_and_can_not_end_a_script(value: object) -> None:
    text = script_json(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")
    assert text.isascii()
