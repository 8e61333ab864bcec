"""Tracing of models: from a `ModelTrace` payload to its outcome."""

from __future__ import annotations

import base64
import shutil
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from farm.board.download_retries import with_tries
from farm.board.model_verdict import ModelVerdict, judge
from farm.board.shipping import unpack
from farm.board.trace_run import TraceRun
from farm.board.trace_target import TraceTarget
from farm.core.errors import FarmError, NothingSelected
from farm.core.lacks import Lack
from farm.core.outcome import Outcome
from farm.core.payload import ModelTrace
from farm.core.verdicts import Reason, Verdict
from tracer.capture.raw_traces import files_of
from tracer.errors import TracerError

LAST_LINES = 20
"""How many lines of a failed model's output are kept."""

Run: TypeAlias = Callable[[TraceTarget, Path], TraceRun]
"""Runs a target under the tracer, which writes to a folder."""


def trace_model(
    model: ModelTrace, archive: str | None, folder: Path, run: Run, *, computes: bool, lacks: Sequence[Lack] = ()
) -> Outcome:
    """Trace a model; its raw traces travel in the outcome.

    Args:
        model: the model.
        archive: its own folder, see `EncodedVector`.
        folder: a new folder for it, which is removed afterwards.
        run: runs it.
        computes: whether the board computes numbers.
        lacks: what boards of its backend lack.
    """
    began = time.time()
    folder.mkdir(parents=True)
    try:
        result = run(_target(model, archive, folder), folder)
        judged = judge(result, computes=computes, lacks=lacks)
        outcome = Outcome(
            model.id,
            judged.verdict,
            judged.reason,
            with_tries(judged.message, result),
            raw_trace=pack_traces(result),
            tests=tuple(result.passed),
            printed="" if result.problem is None else "\n".join(result.output.splitlines()[-LAST_LINES:]),
            details=_details(judged, result),
        )
    except NothingSelected as error:
        outcome = Outcome(model.id, Verdict.NOT_RUN, Reason.NO_TESTS, str(error))
    except (FarmError, TracerError) as error:
        outcome = Outcome(model.id, Verdict.NOT_RUN, Reason.INVALID_VECTOR, str(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return replace(outcome, started=began, seconds=time.time() - began)


def _details(judged: ModelVerdict, run: TraceRun) -> dict[str, Any]:
    """What reports keep of a model beyond its verdict."""
    details = {
        "failures": [each.as_json() for each in judged.failures],
        "unsafe_allocations": [each.as_json() for each in run.journal.unsafe],
    }
    return {name: part for name, part in details.items() if part}


def pack_traces(run: TraceRun) -> dict[str, str]:
    """The raw traces of a run, each compressed and in base64, by what its file's name has beyond the first one's."""
    stem = len(run.path.stem)
    return {
        path.stem[stem:]: base64.b64encode(zlib.compress(path.read_bytes())).decode() for path in files_of(run.path)
    }


def _target(model: ModelTrace, archive: str | None, folder: Path) -> TraceTarget:
    """The target of a model on this host.

    Raises:
        FarmError: this host doesn't have its folder.
    """
    arguments, cwd = model.arguments, Path(model.folder)
    if archive is not None:
        cwd = unpack(base64.b64decode(archive), folder / "shipped")
        arguments = (f"--rootdir={cwd}", *arguments)
    elif not cwd.is_dir():
        raise FarmError(f"this host has no folder {cwd}")
    return TraceTarget(model.target, arguments, model.timeout, model.environment, cwd, values=model.values)
