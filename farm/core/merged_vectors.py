"""Describe the vectors that a plan merged into equal ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from farm.core.plain_words import counted

MergedVectors: TypeAlias = Mapping[str, Mapping[str, int]]
"""How many vectors were merged into equal ones, by module and suite."""
MAX_SUITES = 3
"""How many suites are named."""


def total(merged: MergedVectors) -> int:
    """Return how many vectors were merged into others."""
    return sum(sum(suites.values()) for suites in merged.values())


def sentence(merged: MergedVectors) -> str:
    """Return a sentence without its full stop: how many vectors were merged, and in which suites; empty for none."""
    counts = [(count, module, suite) for module, suites in merged.items() for suite, count in suites.items()]
    if not counts:
        return ""
    counts.sort(key=lambda entry: -entry[0])
    parts = [f"{count} in {module}, suite {suite!r}" for count, module, suite in counts[:MAX_SUITES]]
    if len(counts) > MAX_SUITES:
        parts.append(f"others in {counted(len(counts) - MAX_SUITES, 'more suite')}")
    number = total(merged)
    verb = "was merged into one" if number == 1 else "were merged into others"
    return f"{counted(number, 'vector')} {verb} of the same suite with the same input_hash: {'; '.join(parts)}"
