"""The `config_hash` of configurations that were seen on several machines, and of merged masters."""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

from tests.tracer.master.test_master import N150, N300, call, of
from tracer.master.master import Configuration, Execution, Master, shipped, update


def test_the_config_hash_of_two_machines_is_the_same_whichever_came_first(tmp_path: Path) -> None:
    def written(*machines: dict[str, Any]) -> str:
        path = tmp_path / "-".join(each["device_series"] for each in machines)
        for machine in machines:
            update(path, of(call(machine=machine, source=f"{machine['device_series']}.py")))
        return path.read_text()

    assert written(N300, N150) == written(N150, N300)
    assert not hashes_that_tt_metal_changes(json.loads(written(N300, N150)))
    assert of(call(machine=N150)).text() != of(call(machine=N300)).text()


def test_the_machine_of_the_config_hash_stays_the_first() -> None:
    """What a file brings is kept, also where it lists executions in the order of their text."""
    n300, n150 = (Execution("test.py", machine) for machine in (N300, N150))
    for machine, executions in ((N300, [n300, n150]), (N300, [n150, n300]), (N150, [n150, n300])):
        given = Configuration("ttnn.add", {"arg0": 1}, executions=[Execution("a.py", machine)]).config_hash
        whole = of(Configuration("ttnn.add", {"arg0": 1}, executions=list(executions), given_hash=given))
        (written,) = json.loads(whole.text())["operations"]["ttnn.add"]["configurations"]
        assert (written["config_hash"], written["executions"][0]["machine_info"]) == (given, machine)


def test_no_shipped_config_hash_changes_when_tt_metal_computes_it() -> None:
    raw = json.loads(shipped().read_text(encoding="utf-8"))
    assert not hashes_that_tt_metal_changes(raw)
    # nor after it is merged, in parts and in any order
    for order in (1, -1):
        whole = Master()
        for operation in list(raw["operations"])[::order]:
            whole.merge(Master.parse({"operations": {operation: raw["operations"][operation]}}))
        assert json.loads(whole.text())["operations"] == raw["operations"]


def hashes_that_tt_metal_changes(master: dict[str, Any]) -> list[str]:
    """Compute each `config_hash` of a written master by tt-metal's rule, apart from this project's own code."""

    def plain(raw: Any) -> Any:
        if isinstance(raw, dict):
            kept = {key: part for key, part in raw.items() if key != "hash" or not isinstance(part, int)}
            return {key: "None" if (key, part) == ("shard_spec", None) else plain(part) for key, part in kept.items()}
        return [plain(part) for part in raw] if isinstance(raw, list) else raw

    def of_first(operation: str, raw: dict[str, Any]) -> str:
        machine = raw["executions"][0]["machine_info"]
        hardware = [machine["board_type"], machine["device_series"], machine["card_count"]]
        parts = {"operation": operation, "arguments": plain(raw["arguments"]), "hardware": hardware, "mesh": None}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    return [
        f"{operation} {raw['config_hash']}"
        for operation, entry in master["operations"].items()
        for raw in entry["configurations"]
        if of_first(operation, raw) != raw["config_hash"]
    ]


def test_a_config_hash_of_another_tool_stands() -> None:
    master = of(call(machine=N300, given_hash="f" * 64))
    master.merge(of(call(machine=N150)))
    assert [each.config_hash for each in master] == ["f" * 64]
    both = [call(machine=N300, given_hash="f" * 64), call(machine=N150, given_hash="e" * 64), call(machine=N150)]
    texts = set()
    for records in itertools.permutations(both):
        whole = of(*copy.deepcopy(records))
        assert [each.config_hash for each in whole] == ["e" * 64]
        texts.add(whole.text())
    assert len(texts) == 1
