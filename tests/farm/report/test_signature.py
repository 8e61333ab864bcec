"""Signatures of failures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.report.signature import signature
from farm.report.text import first_line

ANY_TEXT = st.text(st.characters(codec=None))


FATAL = """TT_FATAL @ /project/ttnn/cpp/ttnn/operations/binary.cpp:{line}: a.shape() == b.shape()
info:
Shapes [{shape}] differ at 0x7ffd{line:04x}
backtrace:
 --- /lib/libttnn.so(+0x{line:x}) [0x{line:x}]
"""


def test_failures_of_one_cause_have_one_signature() -> None:
    signatures = {signature(FATAL.format(line=line, shape=shape)) for line, shape in ((12, "1, 1, 32"), (4711, "7"))}
    assert len(signatures) == 2, "shapes of other rank may fail otherwise"
    signatures = {signature(FATAL.format(line=line, shape=shape)) for line, shape in ((12, "1, 32"), (4711, "7, 9"))}
    assert signatures == {
        "TT_FATAL @ binary.cpp:#: a.shape() == b.shape() info: Shapes [#…] differ at <address>",
    }


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "Out of Memory: Not enough space to allocate 12345 B L1 buffer across 64 banks",
            "Out of Memory: Not enough space to allocate # B L1 buffer across # banks",
        ),
        ("bfloat16 on n300 as BFLOAT8_B, arg3 = -1.5e-3", "bfloat16 on n300 as BFLOAT8_B, arg3 = #"),
        ("grid 8x8 of 64x32x1", "grid #… of #…"),
        ("vector 0f3a9c77b2e1d4aa5 died", "vector <id> died"),
        ("Traceback (most recent call last):\n  File x", "Traceback (most recent call last): File x"),
        ("", ""),
    ],
)
def test_signatures(message: str, expected: str) -> None:
    assert signature(message) == expected


@pytest.mark.parametrize("piece", ["1", "/a", "0x", "[", "a ", "1,", "1x", "deadbeef1", " --- ", "\n", "-", "e1"])
def test_a_huge_message_takes_no_time(piece: str) -> None:
    assert len(signature(piece * 1_000_000)) <= 400


@given(ANY_TEXT)
def test_a_signature_is_one_printable_line(text: str) -> None:
    assert first_line(signature(text)) == signature(text)
