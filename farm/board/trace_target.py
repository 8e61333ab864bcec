"""Targets to trace, of pytest or plain scripts, and the commands that run them under the tracer."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import tracer
from farm.core.errors import FarmError
from tracer.formats.values_read import VALUES_OPTION


@dataclass(frozen=True, slots=True)
class TraceTarget:
    """One target to run under the tracer.

    Attributes:
        target: a node id, a file or a folder; or a script.
        arguments: further arguments for pytest or the script.
        timeout: seconds after which it is ended, and what was traced is kept; None for no limit.
        environment: variables that it gets besides the inherited ones.
        cwd: the folder to run it in; None for this process's.
        echo: whether what it prints goes to stdout as it comes.
        values: whether to keep statistics of the numbers in each call's tensors, too.
    """

    target: str
    arguments: tuple[str, ...] = ()
    timeout: float | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    echo: bool = False
    values: bool = False


def split_target(target: str, cwd: Path | None = None) -> tuple[Path, str]:
    """A pytest target as the absolute path of its file or folder, and the rest of its node id.

    Args:
        target: a node id, a file or a folder.
        cwd: what it is relative to; None for this process's working directory.

    Raises:
        FarmError: there is no such file or folder, or it is not Python.
    """
    name, separator, rest = target.partition("::")
    path = ((cwd or Path()) / name).resolve()
    if not path.exists():
        raise FarmError(
            f"{name}: no such file or folder; give the path of a test, as in tests/test_model.py::test_name"
        )
    if path.suffix != ".py" and is_script(path, separator + rest) and _parsed(path) is None:
        raise FarmError(f"{name}: not a Python file; give a test or a script")
    return path, separator + rest


def is_script(path: Path, rest: str = "") -> bool:
    """Whether a target is a plain script: a file that neither is named nor reads as pytest's tests are."""
    if rest or not path.is_file() or path.name.startswith("test_") or path.stem.endswith("_test"):
        return False
    module = _parsed(path)
    if module is None:
        return True  # Python itself says best what is wrong with it
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return not any(isinstance(each, functions) and each.name.lower().startswith("test") for each in module.body)


def _parsed(path: Path) -> ast.Module | None:
    """The syntax tree of a file; None if it is not valid Python."""
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return None


def command_of(target: TraceTarget, raw: Path, folder: Path) -> list[str]:
    """The arguments of Python that run a target under the tracer.

    Args:
        target: what to run.
        raw: the file that the raw trace goes to.
        folder: for what pytest leaves behind.

    Raises:
        FarmError: there is no such file or folder.
    """
    path, rest = split_target(target.target, target.cwd)
    if is_script(path, rest):
        options = [VALUES_OPTION] if target.values else []
        return ["-m", "tracer.script", *options, str(raw), str(path), *target.arguments]
    return [
        *("-m", "pytest", f"{path}{rest}"),
        # one word: pytest would look for tests in a path that is a word of its own
        *("-p", "tracer.plugin", f"--trace-to={raw}"),
        *(["--trace-values"] if target.values else []),
        *("-o", f"cache_dir={folder / 'cache'}"),
        *_root(path),
        *target.arguments,
    ]


def _root(path: Path) -> list[str]:
    """The option that gives the models of this project the same names wherever it is installed."""
    package = Path(tracer.__file__).resolve().parent
    return ["--rootdir", str(package.parent)] if package in path.parents else []
