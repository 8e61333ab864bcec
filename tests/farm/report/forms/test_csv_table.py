"""`vectors.csv`."""

from __future__ import annotations

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.core.verdicts import Reason, Verdict
from farm.report.forms.csv_table import COLUMNS, cell, csv_table
from farm.store import RunView, Store
from tests.farm.large_run import HOSTILE
from tests.farm.store_helpers import recorded_run

ENDINGS = [(verdict, Reason.NONE, HOSTILE) for verdict in Verdict]


@pytest.fixture
def every(store: Store) -> RunView:
    return store.view(recorded_run(store, ENDINGS))


def test_each_vector_has_a_line(every: RunView) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_table(every))))
    assert [row["verdict"] for row in rows] == [verdict.value for verdict in Verdict]
    assert tuple(rows[0]) == COLUMNS


@pytest.mark.parametrize(
    "sign",
    [*"=+-@", *"\uff1d\uff0b\uff0d\uff20", *"\ufe66\ufe62\ufe63\ufe6b", *"\u207a\u208c\u2212"],
)
def test_signs_of_any_width_begin_no_formula(sign: str) -> None:
    for before in ("", "\t", "\r\n", "\u3000"):
        assert cell(f"{before}{sign}1") == f"'{sign}1"


@given(st.text())
def test_no_cell_is_a_formula(text: str) -> None:
    written = cell(text)
    assert not unicodedata.normalize("NFKC", written[:1]).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert "\n" not in written
