"""Equal vectors of a suite: one runs for all, as in tt-metal, which keeps a suite's vectors by their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from farm.sweeps.records import ListedVector, Record

_DIGEST_BYTES = 16


class EqualVectors:
    """Merges the equal vectors of a stream: the first of each `input_hash` of a suite stays.

    It holds a digest of each vector of the present suite, about 100 bytes.

    Attributes:
        merged: how many vectors were merged so far, by module and suite.
    """

    def __init__(self) -> None:
        self.merged: dict[str, dict[str, int]] = {}

    def unique(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield all records but those of vectors that equal an earlier one.

        Args:
            records: the records, in which the vectors of a suite follow one another.
        """
        present: tuple[str, str] | None = None
        digests: set[bytes] = set()
        for record in records:
            if isinstance(record, ListedVector):
                suite = record.imported.module.name, record.suite
                if suite != present:
                    present, digests = suite, set()
                digest = _digest(record.input_hash)
                if digest in digests:
                    self._count(*suite)
                    continue
                digests.add(digest)
            yield record

    def _count(self, module: str, suite: str) -> None:
        suites = self.merged.setdefault(module, {})
        suites[suite] = suites.get(suite, 0) + 1


def _digest(input_hash: str) -> bytes:
    return hashlib.blake2b(input_hash.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()
