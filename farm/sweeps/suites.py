"""Names of suites, which ignore case."""

from __future__ import annotations

from collections.abc import Iterable

_EXPECTS_FAILURES = "xfail"


def selects(names: Iterable[str], suite: str) -> bool:
    """Return whether one of several names is that of a suite."""
    return any(name.casefold() == suite.casefold() for name in names)


def expects_failures(suite: str) -> bool:
    """Return whether the vectors of a suite should fail: its name begins with `xfail`."""
    return suite.lower().startswith(_EXPECTS_FAILURES)
