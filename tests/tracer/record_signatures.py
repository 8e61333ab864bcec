"""Writes the file of `tracer.values.versions` for the installed ttnn: the signatures of its operations and classes.

    python -m tests.tracer.record_signatures [OLDER] > tracer/data/signatures_VERSION.txt

With OLDER, the file of an older ttnn, only operations and classes whose parameters differ from those in it are written.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracer.signatures import Overload, Parameter, overloads, parse_overloads
from tracer.values.versions import CLASS, read_signatures

_MODULES = re.compile(r"[A-Za-z_]\w*(?:\.|::)(?=[A-Za-z_])")
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def signatures() -> Iterator[tuple[str, str]]:
    """Yield the name of every operation and class of the installed ttnn, with a signature; one pair per overload."""
    import ttnn

    for operation in ttnn.query_registered_operations(include_experimental=True):
        for overload in overloads(operation):
            yield operation.python_fully_qualified_name, written(overload)
    for live_class in _classes(ttnn._ttnn, depth=4):
        for overload in _constructors(live_class):
            if overload.parameters:
                yield CLASS + live_class.__qualname__, written(overload)


def written(overload: Overload) -> str:
    """Return the parameters as Python declares them, types without their modules."""
    parts: list[str] = []
    kind = "positional"
    for parameter in overload.parameters:
        if kind == "positional_only" and parameter.kind != kind:
            parts.append("/")
        if parameter.kind == "keyword_only" and kind not in ("keyword_only", "var_positional"):
            parts.append("*")
        kind = parameter.kind
        parts.append(_declared(parameter))
    if kind == "positional_only":
        parts.append("/")
    return f"({', '.join(parts)})"


def _declared(parameter: Parameter) -> str:
    stars = {"var_positional": "*", "var_keyword": "**"}.get(parameter.kind, "")
    text = stars + parameter.name
    if parameter.type:
        text += f": {_MODULES.sub('', parameter.type)}"
    if parameter.default is not None:
        text += f" = {_ADDRESS.sub('', parameter.default)}"
    return text.replace("\n", " ")


def _classes(module: Any, depth: int) -> Iterator[Any]:
    for each in vars(module).values():
        if isinstance(each, type) and each.__module__.startswith("ttnn"):
            yield each
        elif depth and type(each).__name__ == "module" and each.__name__.startswith("ttnn._ttnn"):
            yield from _classes(each, depth - 1)


def _constructors(live_class: Any) -> list[Overload]:
    try:
        return parse_overloads(live_class.__init__.__doc__ or "")
    except ValueError:
        return []


def _parameters(texts: list[str]) -> list[list[str]]:
    return [[parameter.name for parameter in parse_overloads(f"f{text} -> None")[0].parameters] for text in texts]


def main(older: str | None) -> None:
    """Print the file."""
    import importlib.metadata

    known = {} if older is None else read_signatures(Path(older).read_text())
    every: dict[str, list[str]] = {}
    for name, text in signatures():
        texts = every.setdefault(name, [])
        if text not in texts:
            texts.append(text)
    differing = f", where the parameters differ from {Path(older).name}'s" if older else ""
    print(f"# ttnn {importlib.metadata.version('ttnn')}: operations and classes{differing}")
    for name in sorted(every):
        if name not in known or _parameters(known[name]) != _parameters(every[name]):
            for text in every[name]:
                print(name + text)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
