"""UniqueIds that no two have, however many there are."""

from __future__ import annotations

import sqlite3

_TAKE = "insert into made values (?, 1) on conflict do update set times = times + 1 returning times"


class UniqueIds:
    """Makes names unique. What was made is on disk once it is more than a few megabytes: suites may have millions."""

    def __init__(self) -> None:
        # without a name it is a temporary file of this process alone
        self._made = sqlite3.connect("", isolation_level=None)
        self._made.execute("pragma journal_mode = off")
        self._made.execute("begin")
        self._made.execute("create table made (name text primary key, times integer not null) without rowid")

    def unique(self, name: str) -> str:
        """The name, with `-2`, `-3`, ... where it was made before."""
        [times] = self._made.execute(_TAKE, (name,)).fetchone()
        return name if times == 1 else f"{name}-{times}"
