"""Output for GitHub: a matrix of jobs, annotations, and a job's summary."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farm.ci.gitlab import failure_line
from farm.core.errors import FarmError
from farm.core.plain_words import counted
from farm.planning.runners import RunnerPlan
from farm.report.context import RunContext
from farm.report.digest import digest_run
from farm.report.forms.summary import MAX_BYTES, cut, summary_md
from farm.report.text import first_line, printable, shortened
from farm.store import RunView

MAX_JOBS = 256
"""GitHub refuses a larger matrix: more jobs than these are never printed."""
MORE_JOBS = 2
"""How many jobs more than the minimum are tried if one of them would take too long."""
TOLERANCE = 1.1
"""A job may take this many times its budget: estimates are no better."""
MAX_ANNOTATIONS = 10
"""GitHub shows this many errors of a step."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the matrix: one shard of the plan on one selection of boards.

    Attributes:
        boards: the value of `farm sweep --boards`.
        shard: the value of `farm sweep --shard`.
        vectors: how many vectors it runs at most.
        minutes: their estimate.
    """

    boards: str
    shard: str
    vectors: int
    minutes: float

    def as_json(self) -> dict[str, str | int | float]:
        """Return an entry of a matrix's `include`."""
        name = f"{self.boards} {self.shard}"
        return {
            "name": name,
            "boards": self.boards,
            "shard": self.shard,
            "vectors": self.vectors,
            "minutes": self.minutes,
        }


@dataclass(frozen=True, slots=True)
class Matrix:
    """The jobs of a sweep.

    Attributes:
        jobs: each has vectors; empty if no vector can run on any of the boards.
        notes: what a user should know about them, a line each.
    """

    jobs: tuple[Job, ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return a matrix as GitHub reads it; one without jobs is for a workflow to skip."""
        return {"include": [job.as_json() for job in self.jobs]}


def matrix(runners: Sequence[RunnerPlan], minutes: float, most: int = MAX_JOBS) -> Matrix:
    """Split plans into jobs that keep to a time budget.

    Args:
        runners: the plan of each kind of runner.
        minutes: how long a job may run vectors.
        most: the maximum number of jobs; if more are needed, jobs get longer.

    Raises:
        FarmError: there are more kinds of runners than jobs.
    """
    usable = [runner for runner in runners if runner.runnable]
    notes = [f"no vector can run on {runner.boards}: no job for it" for runner in runners if not runner.runnable]
    if len(usable) > most:
        raise FarmError(f"{len(usable)} selections of boards need more than {counted(most, 'job')}: name fewer")
    budget = minutes * 60
    shards = [_shards(runner, budget) for runner in usable]
    needed = sum(shards)
    while sum(shards) > most:
        budget *= 1.1
        shards = [_shards(runner, budget) for runner in usable]
    spare = max(most - needed, 0)
    jobs: list[Job] = []
    for runner, fewest in zip(usable, shards, strict=True):
        of = _even(runner, fewest, min(spare, MORE_JOBS), budget)
        spare -= of - fewest
        jobs_of_runner = [_job(runner, index, of) for index in range(1, of + 1)]
        notes.append(_estimate(runner, jobs_of_runner))
        jobs += jobs_of_runner
    if needed > most:
        limit = f"GitHub takes {MAX_JOBS}" if most == MAX_JOBS else f"--jobs allows {most}"
        longest = max(job.minutes for job in jobs)
        notes.append(
            f"{counted(needed, 'job')} of {minutes:g} min would be needed and {limit}: the longest takes about "
            f"{longest:g} min; give each kind of runner more boards, or split the sweep"
        )
    return Matrix(tuple(jobs), tuple(notes))


def _shards(runner: RunnerPlan, budget: float) -> int:
    total = sum(runner.seconds) / runner.count
    return max(1, min(len(runner.seconds), math.ceil(total / budget)))


def _even(runner: RunnerPlan, fewest: int, more: int, budget: float) -> int:
    """Return how many shards keep to the budget, of up to `more` than the fewest: slow vectors may lie in step."""
    numbers = range(fewest, min(fewest + more, len(runner.seconds)) + 1)
    longest = {of: max(_job(runner, index, of).minutes for index in range(1, of + 1)) for of in numbers}
    return next((of for of in numbers if longest[of] * 60 <= budget * TOLERANCE), fewest)


def _job(runner: RunnerPlan, index: int, of: int) -> Job:
    share = runner.seconds[index - 1 :: of]  # as `farm sweep --shard` takes it
    return Job(runner.boards, f"{index}/{of}", len(share), round(sum(share) / runner.count / 60, 2))


def _estimate(runner: RunnerPlan, jobs: Sequence[Job]) -> str:
    longest = max(job.minutes for job in jobs)
    time = f"about {longest:g} min" if longest else "less than 0.01 min"
    several = f"{counted(len(jobs), 'job')} of up to" if len(jobs) > 1 else "1 job of"
    unknown = runner.runnable - runner.timed
    basis = f"; {unknown} of them not timed in an earlier run" if unknown else ""
    return f"{runner.boards}: {several} {time}, {counted(runner.runnable, 'vector')}{basis}"


def annotation_lines(view: RunView) -> list[str]:
    """Return GitHub's workflow commands: one for each group of failures, largest first, and one for the run."""
    digest = digest_run(view)
    lines = []
    for group in digest.failures[:MAX_ANNOTATIONS]:
        names = ", ".join(f"{first_line(name)} ({count})" for name, count in group.operations[:5])
        title = f"{group.count} {group.verdict.value}: {names}"
        message = shortened(printable(group.example.message[:4000]), 1500) or "(no message)"
        kind = "error" if group.verdict.failed else "warning"
        lines.append(f"::{kind} title={_property(title)}::{_data(message)}")
    lines.append(f"::notice title=farm::{_data(f'{digest.headline} {digest.identity}')}")
    return lines


def plain_lines(view: RunView) -> list[str]:
    """Return the same as lines of a log that people read."""
    digest = digest_run(view)
    return [*(failure_line(group) for group in digest.failures[:MAX_ANNOTATIONS]), digest.headline, digest.identity]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(shortened(text, 200)).replace(":", "%3A").replace(",", "%2C")


def add_summary(view: RunView, context: RunContext, path: Path) -> None:
    """Append a run's summary to a job's summary file (`GITHUB_STEP_SUMMARY`), whose size is limited.

    Raises:
        FarmError: the file can't be written.
    """
    try:
        size = path.stat().st_size if path.exists() else 0
        text = cut(summary_md(view, context).split("\n\n"), max(MAX_BYTES - size, 1000))
        with path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        raise FarmError(f"the job's summary {path} can't be written ({error.strerror})") from error


def summary_file() -> Path | None:
    """Return the file of a GitHub job's summary; None outside of GitHub."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    return Path(path) if path else None
