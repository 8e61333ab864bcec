"""Names of operations, in all their spellings."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from tracer.errors import UnknownOperation


def canonical(name: str) -> str:
    """Return the one spelling this project keeps: `ttnn::x`, `ttnn.x` and `x` all become `ttnn.x`."""
    dotted = name.strip().replace("::", ".")
    return dotted if dotted.startswith("ttnn.") else f"ttnn.{dotted}"


def short(name: str) -> str:
    """Return the name without its namespace: `add` of `ttnn.add` and of `ttnn.experimental.add`."""
    return name.rpartition(".")[2]


def find(query: str, names: Iterable[str]) -> list[str]:
    """Find the operations that a query names.

    Args:
        query: a name in any spelling; a bare one (`all_gather_async`) is searched for in every namespace.
        names: canonical names to choose from.

    Returns:
        The operation of exactly this name first, then those of other namespaces that a bare query also names.

    Raises:
        UnknownOperation: nothing matches; the text offers the nearest names.
    """
    operations = sorted(set(names))
    name = canonical(query)
    matches = [operation for operation in operations if operation == name]
    if name.count(".") == 1 and not query.strip().startswith("ttnn"):
        matches += [each for each in operations if each != name and short(each) == short(name)]
    if matches:
        return matches
    raise UnknownOperation(f"no operation {query!r}{_suggestion(name, operations)}")


def _suggestion(name: str, operations: list[str]) -> str:
    """Return the end of an error line: the names that may be meant."""
    if not operations:
        return ": the master holds none at all"
    by_short = {short(operation): operation for operation in reversed(operations)}
    close = [by_short[match] for match in difflib.get_close_matches(short(name), by_short, n=5, cutoff=0.5)]
    close += [operation for operation in operations if short(name) in short(operation) and operation not in close]
    if not close:
        return f" among the {len(operations)} there are; `farm ops` lists them"
    return f"; nearest: {', '.join(close[:5])}"
