"""Unique ids for any number of vectors."""

from __future__ import annotations

import sqlite3

_COUNT = "insert into issued values (?, 1) on conflict do update set times = times + 1 returning times"


class UniqueIds:
    """Makes ids unique. Beyond a few megabytes, the ids that were issued are on disk: a suite may have millions."""

    def __init__(self) -> None:
        # a database without a name is a temporary file of this process alone
        self._issued = sqlite3.connect("", isolation_level=None)
        self._issued.execute("pragma journal_mode = off")
        self._issued.execute("begin")
        self._issued.execute("create table issued (id text primary key, times integer not null) without rowid")

    def unique(self, vector_id: str) -> str:
        """The id itself the first time, then with `-2`, `-3`, ..."""
        [times] = self._issued.execute(_COUNT, (vector_id,)).fetchone()
        return vector_id if times == 1 else f"{vector_id}-{times}"
