"""The text of a shard."""

from __future__ import annotations

import pytest

from farm.core.errors import FarmError
from farm.core.shard import Shard


def test_a_shard_reads_as_it_is_written() -> None:
    assert Shard.parse(" 3/8 ") == Shard(3, 8)
    assert str(Shard(3, 8)) == "3/8"


@pytest.mark.parametrize("text", ["", "0/4", "5/4", "1", "1/", "a/b", "-1/4", "1/4/2", "1/0", "\u0661/4"])
def test_other_texts_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(FarmError, match="is not a share: write K/N with K from 1 to N, such as 3/8"):
        Shard.parse(text)
