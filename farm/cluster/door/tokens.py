"""The role tokens of the people who use a farm through its door, kept on the head as hashes."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from farm.cluster.door.roles import Person, Role
from farm.core.errors import FarmError, NotRunnable
from farm.core.files import write_state
from farm.core.plain_words import reason_of

FILE = "role-tokens.json"
USED_FILE = "role-tokens-used.json"
PREFIX = "farm_"
"""How each role token begins, so that people and tools know it for one."""
BITS = 256
MOST = 1000
"""How many tokens a farm may have."""
RESERVED = ("farm", "unknown")
"""Names by which the log and holds mean no person."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_USED = TypeAdapter(dict[str, float])


class RoleToken(BaseModel):
    """One person's token, without what would let others use it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="Whose it is.")
    role: Role
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="The hash of the token, which has 256 random bits.")
    made: float = Field(description="When it was made: Unix time in seconds.")


class _Content(BaseModel):
    """What the file holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tokens: tuple[RoleToken, ...] = Field(default=(), max_length=MOST)


def sha256_of_token(token: str) -> str:
    """The hash by which a token is kept. It has too many random bits to be guessed, so a fast hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


class RoleTokens:
    """The tokens in a head's state folder. Each look reads the file, so what is removed counts no more at once."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._used_path = folder / USED_FILE

    def all(self) -> tuple[RoleToken, ...]:
        """All tokens, in the order in which they were made.

        Raises:
            NotRunnable: the file can't be read, or is damaged.
        """
        try:
            return _Content.model_validate_json(self._path.read_bytes()).tokens
        except FileNotFoundError:
            return ()
        except (OSError, ValidationError) as error:
            raise NotRunnable(
                f"{self._path} can't be read: {reason_of(error)}; remove it, and make new tokens with `farm tokens add`"
            ) from error

    def add(self, name: str, role: Role, now: float) -> str:
        """Make a token for a person, and return it: it is kept nowhere.

        Raises:
            FarmError: the name is invalid, or has a token.
            NotRunnable: the file can't be read or written.
        """
        if not _NAME.fullmatch(name):
            raise FarmError(f"{name!r} is no name for a token: up to 64 letters, digits, dots, @, - and _")
        if name.lower() in RESERVED:
            raise FarmError(f"{name!r} is no name for a token: the log of actions means no person by it")
        token = PREFIX + secrets.token_urlsafe(BITS // 8)
        with self._lock():
            tokens = self.all()
            if any(each.name == name for each in tokens):
                raise FarmError(f"{name} has a token: `farm tokens remove {name}` first")
            if len(tokens) >= MOST:
                raise FarmError(f"there are {MOST} tokens: remove those that nobody uses, as `farm tokens list` shows")
            self._write((*tokens, RoleToken(name=name, role=role, sha256=sha256_of_token(token), made=now)))
        return token

    def remove(self, name: str) -> None:
        """Remove a person's token.

        Raises:
            FarmError: there is none.
            NotRunnable: the file can't be read or written.
        """
        with self._lock():
            tokens = self.all()
            rest = tuple(each for each in tokens if each.name != name)
            if len(rest) == len(tokens):
                raise FarmError(f"nobody named {name!r} has a token: `farm tokens list` shows them")
            self._write(rest)

    def owner(self, token: str) -> Person | None:
        """Whose token this is; None if it is nobody's. It takes as long for a right token as for a wrong one.

        Raises:
            NotRunnable: the file can't be read.
        """
        digest = sha256_of_token(token)
        owner = None
        for each in self.all():
            if hmac.compare_digest(each.sha256, digest):
                owner = Person(each.name, each.role)
        return owner

    def last_used(self) -> dict[str, float]:
        """When each person's token was last used, by name: Unix time in seconds. Missing where that isn't known."""
        try:
            return _USED.validate_json(self._used_path.read_bytes())
        except (OSError, ValidationError):  # no more than a hint for people
            return {}

    def save_last_used(self, used: Mapping[str, float]) -> None:
        """Keep when tokens were used. Only the door does this.

        Raises:
            OSError: the file can't be written.
        """
        write_state(self._used_path, _USED.dump_json(dict(used)))

    def _lock(self) -> FileLock:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise self._unwritable(error) from error
        return FileLock(self._path.with_suffix(".lock"))

    def _write(self, tokens: tuple[RoleToken, ...]) -> None:
        try:
            write_state(self._path, _Content(tokens=tokens).model_dump_json(indent=1))
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> NotRunnable:
        return NotRunnable(f"can't write to {self._path}: {error.strerror}; set FARM_STATE to another folder")
