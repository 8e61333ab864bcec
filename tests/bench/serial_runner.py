"""A serial sweep runner with its generator, written as tt-metal's are: what `farm sweep` replaces.

    python -m tests.bench.serial_runner generate MODULE EXPORT
    python -m tests.bench.serial_runner run MODULE EXPORT RESULTS [IDLE]

The generator imports the module, serialises and hashes each vector, and writes them to a file. For each suite in it,
the runner forks a child, which opens the device. It sends the child one vector at a time over one queue, and waits for
the result on another, with a time limit; in the end it writes the results. The child ends once it is told that there
are no more vectors, as in tt-metal's runner of 2026; or after IDLE seconds without a vector, which were 5 in the one
before. Expects the environment of a mock board.
"""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import json
import logging
import multiprocessing
import os
import queue
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import ttnn

TIMEOUT_SECONDS = 30
_INFORMATION = ("suite_name", "sweep_name", "validity", "invalid_reason", "status", "timestamp", "tag", "input_hash")
_LOG = logging.getLogger("sweeps")


def imported(path: str) -> ModuleType:
    """Import a sweep module from its file."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def serialised(value: object) -> Any:
    """A value as the export file has it."""
    if hasattr(value, "to_json"):
        kind = type(value)
        return {"type": f"{kind.__module__}.{kind.__qualname__}", "data": json.loads(value.to_json())}
    return str(value)


def deserialised(value: Any) -> Any:
    """The value that was serialised; text that is no expression stays text."""
    if isinstance(value, dict):
        kind: Any = eval(value["type"], {"ttnn": ttnn})  # noqa: S307 - as tt-metal does; the file is our own
        return kind.from_json(json.dumps(value["data"]))
    try:
        return eval(value, vars(ttnn))  # noqa: S307
    except Exception:  # noqa: BLE001
        return value


def generate(path: str, export: str) -> None:
    """Write the vectors of a module to a file."""
    module = imported(path)
    invalidate = getattr(module, "invalidate_vector", None)
    suites: dict[str, dict[str, Any]] = {}
    for suite, parameters in module.parameters.items():
        vectors = suites[suite] = {}
        for values in itertools.product(*parameters.values()):
            vector: dict[str, Any] = dict(zip(parameters, values, strict=True))
            invalid, reason = invalidate(vector) if invalidate else (False, "")
            vector |= {"suite_name": suite, "sweep_name": module.__name__, "status": "VectorStatus.CURRENT"}
            vector |= {"validity": f"VectorValidity.{'IN' * invalid}VALID", "invalid_reason": reason or ""}
            written = {name: serialised(value) for name, value in vector.items()}
            text = json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            written["input_hash"] = hashlib.sha224(text.encode()).hexdigest()
            written |= {"timestamp": time.strftime("%Y-%m-%d_%H-%M-%S"), "tag": "bench"}
            vectors[written["input_hash"]] = written
    unfinished = Path(f"{export}.part")
    unfinished.write_text(json.dumps(suites, indent=2))
    json.loads(unfinished.read_text())
    unfinished.rename(export)


def serve(path: str, inputs: Any, outputs: Any, idle: float | None) -> None:
    """Run the vectors of a queue on a device; the child's part."""
    module = imported(path)
    device = ttnn.open_mesh_device(ttnn.MeshShape(1, 1))
    while (received := _next(inputs, idle)) is not None:
        vector = {name: deserialised(value) for name, value in received.items()}
        try:
            outputs.put((*module.run(**vector, device=device), None))
        except Exception as error:  # noqa: BLE001 - whatever a test raises is its result
            outputs.put((False, str(error), None))
    ttnn.close_mesh_device(device)


def _next(inputs: Any, idle: float | None) -> dict[str, Any] | None:
    try:
        vector: dict[str, Any] | None = inputs.get(timeout=idle)
    except queue.Empty:
        return None
    return vector


def run(path: str, export: str, results: str, idle: str = "") -> None:
    """Run the vectors of a file, one at a time, and write their results."""
    idle_seconds = float(idle) if idle else None
    records: list[dict[str, Any]] = []
    for suite, vectors in json.loads(Path(export).read_text()).items():
        inputs: Any = multiprocessing.Queue()
        outputs: Any = multiprocessing.Queue()
        child = multiprocessing.get_context("fork").Process(target=serve, args=(path, inputs, outputs, idle_seconds))
        child.start()
        for input_hash, vector in vectors.items():
            _LOG.info("module %s, suite %s, input hash %s", path, suite, input_hash)
            started = time.time()
            inputs.put({name: value for name, value in vector.items() if name not in _INFORMATION})
            passed, message, performance = outputs.get(timeout=TIMEOUT_SECONDS)
            _LOG.info("status %s, message %s, performance %s", passed, message, performance)
            record = {"input_hash": input_hash, "suite": suite, "status": "pass" if passed else "fail"}
            record |= {"message": message, "start": started, "end": time.time(), "vector": vector}
            record |= {"host": os.uname().nodename, "user": os.environ.get("USER", "")}
            records.append(record)
        if idle_seconds is None:
            inputs.put(None)
        child.join()
    Path(results).write_text(json.dumps(records, indent=2, default=str))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    command, *arguments = sys.argv[1:]
    if command == "generate":
        generate(*arguments)
    else:
        run(*arguments)
