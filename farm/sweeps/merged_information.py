"""The information fields of vectors of one hash, merged as tt-metal's generator merges them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any

from farm.sweeps.records import ListedVector, Record

MERGED = ("traced_source", "traced_machine_info")
"""The fields that are merged; the others are those of the first vector."""


def with_merged_information(records: Iterable[Record]) -> Iterator[Record]:
    """Yield records; the first vector of each `config_hash` has the information of all equal vectors of its suite.

    The vectors of a suite that have a `config_hash` are collected until the next suite: they come from traces, so there
    are a few thousand at most. Other vectors are equal only if their information is.

    Args:
        records: with the `export_form` of vectors; the vectors of a suite follow one another.
    """
    by_hash: dict[str, list[ListedVector]] = {}
    suite: tuple[str, str] | None = None
    for record in records:
        form = record.export_form if isinstance(record, ListedVector) else None
        if not isinstance(record, ListedVector) or form is None or form.fields.get("config_hash") != record.input_hash:
            yield from _merged(by_hash)
            yield record
            continue
        if suite != (record.imported.module.name, record.suite):
            yield from _merged(by_hash)
            suite = record.imported.module.name, record.suite
        by_hash.setdefault(record.input_hash, []).append(record)
    yield from _merged(by_hash)


def _merged(by_hash: dict[str, list[ListedVector]]) -> Iterator[ListedVector]:
    """Yield vectors by their hashes, of each the first with the information of all, and forget them."""
    for first, *others in by_hash.values():
        forms = [each.export_form for each in (first, *others) if each.export_form is not None]
        yield replace(first, export_form=replace(forms[0], fields=reduce(merged_fields, (f.fields for f in forms))))
        yield from others
    by_hash.clear()


def merged_fields(first: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of a vector with the information of an equal one: all different entries, or the only one.

    Args:
        first: the fields of the vector, as an export holds them.
        other: those of the equal vector.
    """
    merged = dict(first)
    for name in MERGED:
        by_text = {json.dumps(each, sort_keys=True): each for each in (*_entries(first, name), *_entries(other, name))}
        if by_text:
            entries = list(by_text.values())
            merged[name] = entries[0] if len(entries) == 1 else entries
    return merged


def _entries(fields: Mapping[str, Any], name: str) -> list[Any]:
    value = fields.get(name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
