"""What `farm trace --json` prints of one target, and of a zoo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from farm.api.traces import Traced
    from farm.api.zoo import Zoo
    from farm.core.errors import ExitCode
    from farm.store.view import VectorView
    from farm.zoo.manifest import Entry
    from tracer.master.master import Master, MergeSummary


def trace_json(traced: Traced, target: str, master: Path, code: ExitCode) -> dict[str, Any]:
    """What was traced of one target, and how it ended."""
    return {
        "target": target,
        "verdict": traced.verdict.value,
        "reason": traced.reason.value,
        "message": traced.problem or "",
        "exit_code": int(code),
        "failures": [each.as_json() for each in traced.failures],
        "left_out": [{"test": test.source, "outcome": test.outcome} for test in traced.left_out],
        "lacking": traced.lacking,
        "unsafe_allocations": [each.as_json() for each in traced.unsafe],
        "raw": list(map(str, traced.raw)),
        **added_json(traced.configurations, traced.summary, master),
    }


def zoo_json(zoo: Zoo, master: Path, code: ExitCode) -> dict[str, Any]:
    """What was traced of a zoo, and how each of its models ended."""
    vectors = {} if zoo.run is None else {vector.vector_id: vector for vector in zoo.run.vectors}
    changes = [{"name": each.name, "added": dict(each.added), "gone": dict(each.gone)} for each in zoo.changes]
    return {
        "exit_code": int(code),
        "models": [_model_json(entry, vectors.get(entry.name)) for entry in zoo.entries],
        "changes": changes,
        "missing": zoo.missing,
        "left_out": [{"test": test.source, "outcome": test.outcome} for test in zoo.left_out],
        "unsafe_allocations": [each.as_json() for each in zoo.unsafe],
        "raw": str(zoo.folder),
        **added_json(zoo.configurations, zoo.summary, master),
    }


def _model_json(entry: Entry, vector: VectorView | None) -> dict[str, Any]:
    """A model of a zoo; without how it ended if it had been traced before."""
    model = {"name": entry.name, "state": entry.state, "owner": entry.owner, "tags": list(entry.tags)}
    if vector is None:
        return model
    details = vector.history[-1].details if vector.history else {}
    return {
        **model,
        "verdict": vector.verdict.value,
        "reason": vector.reason.value,
        "message": vector.message,
        "board": vector.board,
        "seconds": vector.seconds,
        "failures": details.get("failures", []),
    }


def added_json(traced: Master, summary: MergeSummary, path: Path) -> dict[str, Any]:
    """What was added to a master, by operation."""
    operations = {}
    for name, configurations in sorted(traced.configurations.items()):
        executions = [execution for each in configurations for execution in each.executions]
        new = summary.operations[name]
        operations[name] = {
            "new": new,
            "known": len(configurations) - new,
            "calls": sum(execution.count or 0 for execution in executions),
            "device_trace_runs": max((execution.device_trace_runs for execution in executions), default=0),
        }
    return {
        "master": str(path),
        "configurations": len(traced),
        "new": summary.added,
        "known": len(traced) - summary.added,
        "operations": operations,
    }
