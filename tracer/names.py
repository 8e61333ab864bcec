"""Names of operations, in all their spellings."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from tracer.errors import UnknownOperation


def canonical(name: str) -> str:
    """The one spelling this project keeps: `ttnn::x`, `ttnn.x` and `x` all become `ttnn.x`."""
    dotted = name.strip().replace("::", ".")
    return dotted if dotted.startswith("ttnn.") else f"ttnn.{dotted}"


def short(name: str) -> str:
    """The last part of a name, which may hide a namespace: `add` of `ttnn.add` and of `ttnn.experimental.add`."""
    return name.rpartition(".")[2]


def find(query: str, names: Iterable[str]) -> list[str]:
    """Finds the operations that a query names.

    Args:
        query: a name in any spelling; a bare one (`all_gather_async`) is looked for in every namespace.
        names: canonical names to choose from.

    Returns:
        The operation of exactly this name first, then those of other namespaces that a bare query also names.

    Raises:
        UnknownOperation: nothing matches; the text offers the nearest names.
    """
    known = sorted(set(names))
    wanted = canonical(query)
    exact = [name for name in known if name == wanted]
    if wanted.count(".") == 1 and not query.strip().startswith("ttnn"):
        exact += [name for name in known if name != wanted and short(name) == short(wanted)]
    if exact:
        return exact
    raise UnknownOperation(f"no operation {query!r}{_nearest(wanted, known)}")


def _nearest(wanted: str, known: list[str]) -> str:
    """The end of an error line: what was perhaps meant."""
    if not known:
        return ": the master holds none at all"
    by_short = {short(name): name for name in reversed(known)}
    close = [by_short[match] for match in difflib.get_close_matches(short(wanted), by_short, n=5, cutoff=0.5)]
    close += [name for name in known if short(wanted) in short(name) and name not in close]
    if not close:
        return f" among the {len(known)} there are; `farm ops` lists them"
    return f"; nearest: {', '.join(close[:5])}"
