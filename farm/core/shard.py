"""One of several equal shares of a plan."""

from __future__ import annotations

import re
from dataclasses import dataclass

from farm.core.errors import FarmError


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several equal shares of a plan: `3/8`.

    Attributes:
        index: from 1 to `of`.
        of: the number of shares.
    """

    index: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read `3/8`.

        Raises:
            FarmError: the text is not a share.
        """
        match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text.strip())
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise FarmError(f"--shard {text!r} is not a share: write K/N with K from 1 to N, such as 3/8")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.index}/{self.of}"
