"""The versions of ttnn that a bisection judges: releases, interpreters, or what a command builds."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from farm.core.errors import FarmError
from farm.report.text import first_line
from farm.versions.environments import Environment, Environments
from farm.versions.errors import InstallFailed, NoWheel
from farm.versions.search import CantJudge
from farm.versions.sources import Released, parse_source
from farm.versions.steps import Step, silent

PLACEHOLDER = "{version}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One version that may be judged.

    Attributes:
        name: as the user knows it.
        environment: makes its environment; raises `CantJudge` if it can't be made.
    """

    name: str
    environment: Callable[[], Environment]


def released_candidates(environments: Environments, old: str, new: str) -> list[Candidate]:
    """Every released version from one to another.

    Raises:
        FarmError: one of them is no version, doesn't exist, or is not older than the other.
    """
    ends = parse_source(old, "--from"), parse_source(new, "--to")
    if not (isinstance(ends[0], Released) and isinstance(ends[1], Released)):
        raise FarmError(f"{old} to {new}: name released versions, or every interpreter with --python")
    versions = environments.released(ends[0].version, ends[1].version)
    return [_candidate(version, environments) for version in versions]


def interpreter_candidates(environments: Environments, pythons: Sequence[str]) -> list[Candidate]:
    """Interpreters, wheels or versions, oldest first.

    Raises:
        FarmError: one of them isn't there, or there are fewer than two.
    """
    if len(pythons) < 2:
        raise FarmError(f"--python {pythons[0]}: name two or more, oldest first")
    for python in pythons:
        parse_source(python, "--python")
    return [_candidate(python, environments) for python in pythons]


def built_candidates(command: str, versions: Sequence[str], step: Step = silent) -> list[Candidate]:
    """What a command builds, one build a version.

    Args:
        command: the command, with `{version}` where the version belongs; its last line is the interpreter's path. As
            for `git bisect run`, a version whose command fails can't be judged.
        versions: the versions, oldest first.
        step: shows a build while it runs.

    Raises:
        FarmError: the command has no place for the version, or isn't there; or there are fewer than two versions.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise FarmError(f"--build {command}: {error}") from error
    if not any(PLACEHOLDER in word for word in words):
        raise FarmError(f"--build {command}: the command has no {PLACEHOLDER}, so that every build would be the same")
    if shutil.which(words[0]) is None and PLACEHOLDER not in words[0]:
        raise FarmError(f"--build {command}: there is no command {words[0]}")
    if len(versions) < 2:
        raise FarmError("--among names fewer than two versions: name them oldest first, separated by commas")
    return [_built(words, version, step) for version in versions]


def _candidate(name: str, environments: Environments) -> Candidate:
    def environment() -> Environment:
        try:
            return environments.of(parse_source(name, "--python"))
        except (InstallFailed, NoWheel) as error:
            raise CantJudge(str(error)) from error

    return Candidate(name, environment)


def _built(words: Sequence[str], version: str, step: Step) -> Candidate:
    def environment() -> Environment:
        command = [word.replace(PLACEHOLDER, version) for word in words]
        with step(f"building {version}"):
            try:
                # what it says on stderr goes to the terminal: a build takes long
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, errors="replace", check=False)
            except OSError as error:
                raise CantJudge(f"{command[0]}: {error.strerror or error}") from error
        lines = done.stdout.strip().splitlines()
        if done.returncode or not lines:
            raise CantJudge(f"the build ended with {done.returncode}{'' if lines else ' and printed no path'}")
        python = lines[-1].strip()
        if shutil.which(python) is None:
            raise CantJudge(f"the build printed {first_line(python)!r}, which is no interpreter")
        return Environment(version, str(Path(python).absolute()))

    return Candidate(version, environment)
