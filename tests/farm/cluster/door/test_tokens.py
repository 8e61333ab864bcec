"""The file of role tokens."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from farm.cluster.door.roles import Person, Role
from farm.cluster.door.tokens import FILE, PREFIX, RoleTokens
from farm.core.errors import FarmError, NotRunnable


def test_a_token_is_its_owners_until_it_is_removed(tmp_path: Path) -> None:
    tokens, door = RoleTokens(tmp_path), RoleTokens(tmp_path)
    ann = tokens.add("ann", Role.VIEW, 1.0)
    bob = tokens.add("bob@lab", Role.OPERATE, 2.0)
    assert door.owner(ann) == Person("ann", Role.VIEW)
    assert door.owner(bob) == Person("bob@lab", Role.OPERATE)
    assert [(each.name, each.role, each.made) for each in door.all()] == [
        ("ann", Role.VIEW, 1.0),
        ("bob@lab", Role.OPERATE, 2.0),
    ]
    tokens.remove("ann")
    assert door.owner(ann) is None
    assert door.owner(bob) is not None


def test_the_file_has_no_token_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    token = RoleTokens(tmp_path).add("ann", Role.VIEW, 1.0)
    assert token.startswith(PREFIX)
    assert len(token) == len(PREFIX) + 43, "256 bits"
    path = tmp_path / FILE
    assert token.removeprefix(PREFIX) not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("token", ["", "farm_", "farm_\udcff", "x" * 1000])
def test_a_wrong_token_is_nobodys(tmp_path: Path, token: str) -> None:
    tokens = RoleTokens(tmp_path)
    assert tokens.owner(token) is None
    tokens.add("ann", Role.VIEW, 1.0)
    assert tokens.owner(token) is None


def test_the_hash_of_a_token_is_no_token(tmp_path: Path) -> None:
    tokens = RoleTokens(tmp_path)
    tokens.add("ann", Role.VIEW, 1.0)
    assert tokens.owner(tokens.all()[0].sha256) is None


@pytest.mark.parametrize("name", ["", "a b", "-ann", "ann\n", "a" * 65, "ann\x1b[0m", "ännchen", "farm", "Unknown"])
def test_a_name_that_would_confuse_readers_of_the_log_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FarmError, match="no name for a token"):
        RoleTokens(tmp_path).add(name, Role.VIEW, 1.0)


def test_a_person_has_one_token(tmp_path: Path) -> None:
    tokens = RoleTokens(tmp_path)
    tokens.add("ann", Role.VIEW, 1.0)
    with pytest.raises(FarmError, match="farm tokens remove ann"):
        tokens.add("ann", Role.OPERATE, 2.0)
    with pytest.raises(FarmError, match="nobody named 'bob' has a token"):
        tokens.remove("bob")


def test_a_damaged_file_lets_nobody_in(tmp_path: Path) -> None:
    tokens = RoleTokens(tmp_path)
    token = tokens.add("ann", Role.VIEW, 1.0)
    (tmp_path / FILE).write_text('{"tokens": [')
    with pytest.raises(NotRunnable, match="can't be read"):
        tokens.owner(token)


def test_when_tokens_were_used_is_kept_apart(tmp_path: Path) -> None:
    tokens = RoleTokens(tmp_path)
    assert tokens.last_used() == {}
    tokens.save_last_used({"ann": 3.0})
    assert RoleTokens(tmp_path).last_used() == {"ann": 3.0}
