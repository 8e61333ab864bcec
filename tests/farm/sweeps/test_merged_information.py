from __future__ import annotations

from pathlib import Path
from typing import Any

from farm.core.sweep_module import SweepModule
from farm.sweeps.merged_information import merged_fields, with_merged_information
from farm.sweeps.records import ExportForm, ImportedModule, ListedVector, ModuleProblem, Record

IMPORTED = ImportedModule(SweepModule("m", Path("m.py")), None, fixture=False, suites=("s", "t"))


def vector(index: int, fields: dict[str, Any], suite: str = "s") -> ListedVector:
    input_hash = fields.get("config_hash", f"{index}")
    return ListedVector(IMPORTED, suite, index, input_hash, {}, {}, (1, 1), export_form=ExportForm(fields, {}))


def fields_of(records: list[Record]) -> list[tuple[int, Any]]:
    return [
        (each.index, each.export_form.fields.get("traced_source"))
        for each in records
        if isinstance(each, ListedVector) and each.export_form is not None
    ]


def test_different_information_becomes_a_list_and_equal_one_stays() -> None:
    machine, other = {"board_type": "n300", "card_count": 1}, {"card_count": 1, "board_type": "n300"}
    first = {"a": 1, "traced_source": ["m.py"], "traced_machine_info": machine}
    assert merged_fields(first, {"a": 2, "traced_source": ["x.py", "m.py"], "traced_machine_info": [other]}) == {
        "a": 1,
        "traced_source": ["m.py", "x.py"],
        "traced_machine_info": machine,
    }
    assert merged_fields({"traced_source": []}, {"traced_source": None}) == {"traced_source": []}
    assert merged_fields({}, {"traced_machine_info": [machine, {"board_type": "p150"}]}) == {
        "traced_machine_info": [machine, {"board_type": "p150"}]
    }


def test_the_first_of_equal_vectors_has_the_information_of_all() -> None:
    problem = ModuleProblem("m", "s", "broken")
    records: list[Record] = [
        IMPORTED,
        vector(0, {"traced_source": ["0.py"]}),
        vector(1, {"config_hash": "h", "traced_source": ["1.py"]}),
        vector(2, {"config_hash": "i", "traced_source": ["2.py"]}),
        vector(3, {"config_hash": "h", "traced_source": ["3.py"]}),
        vector(4, {"config_hash": "h", "traced_source": ["4.py"]}, "t"),
        problem,
        vector(5, {"config_hash": "h", "traced_source": ["5.py"]}, "t"),
    ]
    merged = list(with_merged_information(records))
    assert fields_of(merged) == [
        (0, ["0.py"]), (1, ["1.py", "3.py"]), (3, ["3.py"]), (2, ["2.py"]), (4, ["4.py"]), (5, ["5.py"])
    ]  # fmt: skip
    assert (merged[0], merged[-2]) == (IMPORTED, problem)
