"""Tracing a target again whose tests could not download what they need."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path

from farm.board.model_verdict import judge
from farm.board.trace_run import TraceRun, Watch, no_watch, trace
from farm.board.trace_target import TraceTarget
from farm.core.board import Board
from farm.core.plain_words import counted
from farm.core.settings import load_settings
from tracer.capture.raw_traces import files_of

_GROWTH = 3.0
"""Each wait is this many times as long as the one before it."""

_LOG = logging.getLogger(__name__)


def trace_with_retries(target: TraceTarget, board: Board, folder: Path, watch: Watch = no_watch) -> TraceRun:
    """Run a target under the tracer; run it again, after a wait, where a download failed.

    The settings `download_retries` and `download_wait` say how often and after how long. All of the target is run
    again, as its tests may share what they download, and the last run counts. A test that failed itself stops that.

    For the arguments and errors, see `trace`.
    """
    settings = load_settings()
    wait = settings.download_wait
    run = trace(target, board, folder, watch)
    for retry in range(settings.download_retries):
        verdict = judge(run, computes=board.computes)
        if not verdict.needs_download or run.broke_off or verdict.verdict.failed:
            break
        times = f"{retry + 1} of {settings.download_retries}"
        _LOG.warning(
            "%s: a download failed; trying again in %g s (%s): %s", target.target, wait, times, verdict.message
        )
        time.sleep(wait)
        wait *= _GROWTH
        for raw in files_of(run.path):
            raw.unlink(missing_ok=True)
        run = replace(trace(target, board, folder, watch), tries=run.tries + 1)
    return run


def with_tries(message: str, run: TraceRun) -> str:
    """A message about a run, with how often it was tried, if more than once."""
    return message if run.tries == 1 else f"{message}; tried {counted(run.tries, 'time')}"
