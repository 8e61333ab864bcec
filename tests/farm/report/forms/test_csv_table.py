"""`vectors.csv`."""

from __future__ import annotations

import csv
import io

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


@given(st.text())
def test_no_cell_is_a_formula(text: str) -> None:
    written = cell(text)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert "\n" not in written
