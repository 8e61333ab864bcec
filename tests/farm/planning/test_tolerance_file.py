"""The file of `--tolerances`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from farm.core.errors import FarmError
from farm.core.payload import TracedCall
from farm.core.sweep_spec import SweepSpec
from farm.core.tolerance import Bounds, ToleranceRow
from farm.judging.operation_kinds import OperationKind, kind_of
from farm.planning.sweep_plan import plan_sweep
from farm.planning.tolerance_file import read_tolerances
from tests.markdown import ROOT, blocks, table
from tracer.values.versions import recorded_operations


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ours.yaml"


def read(file: Path, text: str) -> tuple[ToleranceRow, ...]:
    file.write_text(text, encoding="utf-8")
    return read_tolerances(file)


def test_rows_are_read_in_order_and_their_names_resolved(file: Path) -> None:
    rows = read(
        file,
        """
        - name: our gelu
          operations: [gelu, 'experimental.*', 'ttnn::add']
          kinds: [Approximation]
          dtypes: [bfloat16, DataType.FLOAT32]
          bounds: {ulp: 4, atol: 1e-2}
          source: measured
        - {name: the rest, bounds: {exact: true}}
        """,
    )
    operations = ("ttnn.gelu", "ttnn.experimental.*", "ttnn.add")
    bounds = Bounds(ulp=4.0, atol=0.01)
    assert rows == (
        ToleranceRow("our gelu", bounds, "measured", operations, ("approximation",), ("BFLOAT16", "FLOAT32")),
        ToleranceRow("the rest", Bounds(exact=True), "ours.yaml"),
    )


def test_a_row_may_name_an_operation_that_only_the_master_has(file: Path) -> None:
    text = "- {name: a, operations: [of_next_year], bounds: {ulp: 1}}"
    with pytest.raises(FarmError, match="no operation 'of_next_year'"):
        read(file, text)
    [row] = read_tolerances(file, ["ttnn.of_next_year"])
    assert row.operations == ("ttnn.of_next_year",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not YAML: "),
        ("", "give a list of rows, each with a name and bounds"),
        ("rows: []", "give a list of rows, each with a name and bounds"),
        ("- 3", "row 1: give keys with values"),
        ("- name: a", "row 1, 'a': bounds is missing"),
        ("- bounds: {ulp: 1}", "row 1: name is missing"),
        ("- {name: a, bounds: {ulp: 1}}\n- {name: b, bounds: {}}", "row 2, 'b': bounds: give at least one bound of "),
        ("- {name: a, bounds: {ulps: 2}}", "row 1, 'a': no key 'bounds.ulps': did you mean ulp?"),
        ("- {name: a, bounds: {weight: 2}}", "row 1, 'a': no key 'bounds.weight': keys are exact, ulp, "),
        ("- {name: a, bounds: {ulp: -1}}", "row 1, 'a': bounds.ulp: give 0 or more"),
        ("- {name: a, bounds: {ulp: .nan}}", "row 1, 'a': bounds.ulp: give a finite number"),
        ("- {name: a, bounds: {pcc: 1.5}}", "row 1, 'a': bounds.pcc: give 1 or less"),
        ("- {name: a, bounds: {exact: true, ulp: 1}}", "row 1, 'a': bounds: exact needs no other bound: leave out ulp"),
        ("- {name: a, bounds: {ulp: 1}, kind: [sum]}", "row 1, 'a': no key 'kind': did you mean kinds?"),
        ("- {name: a, bounds: {ulp: 1}, kinds: [matmull]}", "row 1, 'a': no kind 'matmull': did you mean matmul?"),
        ("- {name: a, bounds: {ulp: 1}, kinds: [other]}", "row 1, 'a': no kind 'other': "),
        ("- {name: a, bounds: {ulp: 1}, dtypes: [bfloat8]}", "no dtype 'BFLOAT8': did you mean BFLOAT8_B?"),
        ("- {name: a, bounds: {ulp: 1}, operations: [geluu]}", "no operation 'geluu'; nearest: ttnn.gelu, "),
        ("- {name: a, bounds: {ulp: 1}, operations: ['zz*']}", "no operation matches 'zz*': `farm ops` lists"),
        ("- {name: a, bounds: {ulp: 1}, operations: gelu}", "row 1, 'a': operations: give a list"),
        ("- {name: a, bounds: {ulp: 1}}\n- {name: a, bounds: {ulp: 2}}", "two rows are named 'a': "),
    ],
)
def test_a_wrong_file_is_reported_in_one_line(file: Path, text: str, message: str) -> None:
    with pytest.raises(FarmError) as refusal:
        read(file, text)
    line = str(refusal.value)
    assert line.startswith(f"--tolerances {file}: ")
    assert message in line
    assert "\n" not in line


def test_a_file_that_is_not_there_is_reported(file: Path) -> None:
    with pytest.raises(FarmError, match="can't be read: No such file"):
        read_tolerances(file)
    with pytest.raises(FarmError, match=re.escape(f"--tolerances {file}: can't be read")):
        plan_sweep(SweepSpec.of(["add"], boards="fake:n300", tolerances=file))


def test_rows_travel_with_the_calls_that_they_can_judge(file: Path) -> None:
    text = """
    - {name: additions, operations: [add], bounds: {ulp: 1}}
    - {name: matmuls, kinds: [matmul], bounds: {pcc: 0.9}}
    - {name: all, dtypes: [BFLOAT16], bounds: {ulp: 9}}
    """
    file.write_text(text, encoding="utf-8")
    planned = plan_sweep(SweepSpec.of(["add", "matmul"], boards="fake:n300", tolerances=str(file)))
    assert planned.spec.tolerances == file
    rows = {}
    for vector in planned.vectors:
        assert isinstance(vector.payload, TracedCall)
        rows[vector.operation] = [row.name for row in vector.payload.numbers.tolerances]
    assert rows == {"ttnn.add": ["additions", "all"], "ttnn.matmul": ["matmuls", "all"]}


def test_a_plan_says_which_rows_judge_nothing_of_it(file: Path) -> None:
    text = """
    - {name: additions, operations: [add], bounds: {ulp: 1}}
    - {name: matmuls, kinds: [matmul], bounds: {pcc: 0.9}}
    - {name: sums, kinds: [sum], bounds: {pcc: 0.9}}
    """
    file.write_text(text, encoding="utf-8")
    notes = plan_sweep(SweepSpec.of(["add"], boards="fake:n300", tolerances=file)).notes
    assert "--tolerances: 'matmuls', 'sums' judge none of these operations" in notes
    notes = plan_sweep(SweepSpec.of(["add", "matmul", "sum"], boards="fake:n300", tolerances=file)).notes
    assert not any("judge" in note for note in notes)


def test_the_example_of_the_docs_is_a_file(file: Path) -> None:
    [example] = [block.text for block in blocks(ROOT / "docs" / "tolerances.md") if block.language == "yaml"]
    assert [row.name for row in read(file, example)] == ["our gelu", "matmuls in bfloat8_b"]


def test_the_docs_name_every_kind_with_operations_of_it() -> None:
    operations = {name.rpartition(".")[2]: name for name in recorded_operations()}
    rows = table(ROOT / "docs" / "tolerances.md", "Kinds of operations")
    assert [row[0].strip("`") for row in rows] == [kind.value for kind in OperationKind if kind.value != "other"]
    for kind, _, examples in rows:
        for name in re.findall(r"`(\w+)`", examples):
            assert kind_of(operations[name]).value == kind.strip("`")
