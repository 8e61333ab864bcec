"""Merge the equal vectors of a suite, as tt-metal does: it stores a suite's vectors by their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TypeVar

from farm.sweeps.records import CountedRecord, ListedVector, VectorCount

_DIGEST_BYTES = 16
_Each = TypeVar("_Each", bound=CountedRecord)


class EqualVectors:
    """Merges the equal vectors of a stream: the first of each `input_hash` of a suite stays.

    It holds a digest of each vector of the present suite, about 100 bytes; of an export, of the present module.

    Attributes:
        merged: how many vectors were merged so far, by module and suite.
    """

    def __init__(self) -> None:
        self.merged: dict[str, dict[str, int]] = {}

    def unique(self, records: Iterable[_Each], *, of_export: bool = False) -> Iterator[_Each]:
        """Yield all records but those of vectors that equal an earlier one.

        Args:
            records: the records, in which the vectors of a suite follow one another.
            of_export: whether only those of a module do, because an export may have several files of a module.
        """
        present = ""
        digests: dict[str, set[bytes]] = {}  # by suite of the present module
        for record in records:
            if isinstance(record, ListedVector):
                module, suite = record.imported.module.name, record.suite
                if module != present or (suite not in digests and not of_export):
                    digests = {}
                present = module
                of_suite = digests.setdefault(suite, set())
                digest = _digest(record.input_hash)
                if digest in of_suite:
                    self._count(module, suite)
                    continue
                of_suite.add(digest)
            elif isinstance(record, VectorCount) and record.merged:
                self._count(record.imported.module.name, record.suite, record.merged)
            yield record

    def _count(self, module: str, suite: str, merged: int = 1) -> None:
        suites = self.merged.setdefault(module, {})
        suites[suite] = suites.get(suite, 0) + merged


def _digest(input_hash: str) -> bytes:
    return hashlib.blake2b(input_hash.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()
