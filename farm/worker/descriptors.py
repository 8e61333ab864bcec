"""The file descriptors that a worker needs: what a sweep module has done to them is noticed after each vector."""

from __future__ import annotations

import array
import errno
import fcntl
import os
import resource
import termios
from collections.abc import Iterable
from dataclasses import dataclass

_dup, _close, _fstat = os.dup, os.close, os.fstat  # a module may put anything in place of them
SPARE_FROM = 200
"""The lowest number of a spare descriptor, beyond those that a module may close in a row; less if fewer are allowed."""
STANDARD = {0: "standard input", 1: "standard output", 2: "standard error"}
_FULL = 0.75
"""The share of the allowed descriptors at which the process is renewed."""


class DescriptorsLost(Exception):  # noqa: N818 - it names what happened
    """A sweep module has closed or replaced what the worker can't go on without."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """One descriptor that must stay what it is."""

    number: int
    name: str
    identity: tuple[int, int] | None
    spare: int | None

    @classmethod
    def of(cls, number: int, name: str) -> _Kept:
        return cls(number, name, identity_of(number), spare_of(number))


class Descriptors:
    """The descriptors that a worker needs, and what they are.

    Attributes:
        running_out: whether so many are in use that the process should be renewed, although no single vector used them.
    """

    def __init__(self, requests: int, replies: int) -> None:
        """Note what the two pipes and the standard descriptors are now."""
        self.running_out = False
        self._requests = requests
        self._pipes = [_Kept.of(requests, "pipe of requests"), _Kept.of(replies, "pipe of replies")]
        self._standard = [_Kept.of(number, name) for number, name in STANDARD.items()]
        self._usable: int | None = None  # the descriptor to write to, until a module runs again
        self._unread = 0
        self._lowest: int | None = 0

    @property
    def replies(self) -> int:
        """The descriptor to write replies to: the spare one where the first isn't what it was.

        Raises:
            DescriptorsLost: both are gone.
        """
        if self._usable is not None:
            return self._usable
        kept = self._pipes[1]
        for number in (kept.number, kept.spare):
            if number is not None and identity_of(number) == kept.identity:
                self._usable = number
                return number
        raise DescriptorsLost(f"farm's {kept.name} was closed")

    @property
    def spares(self) -> Iterable[int]:
        """The spare descriptors of the pipes."""
        return [kept.spare for kept in self._pipes if kept.spare is not None]

    def renew(self) -> None:
        """Note what the standard descriptors are now: farm itself has replaced them."""
        for kept in self._standard:
            if kept.spare is not None:
                os.close(kept.spare)
        self._standard = [_Kept.of(number, name) for number, name in STANDARD.items()]

    def remember(self) -> None:
        """Note the state before a vector."""
        self._unread = self._bytes_to_read()
        self._lowest = self._lowest_free()

    def damage(self) -> str:
        """Say what was done since `remember`, if anything; standard descriptors are put back."""
        self._usable = None
        damage = [f"closed or replaced farm's {kept.name}" for kept in self._pipes if not _is_sound(kept)]
        if not damage and self._bytes_to_read() < self._unread:
            damage.append("read from farm's pipe of requests")
        damage += [f"closed {kept.name}" for kept in self._standard if _put_back(kept)]
        lowest, allowed = self._lowest_free(), resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if lowest is None and self._lowest is not None:
            damage.append(f"used up the {allowed} descriptors that its process may have")
        self.running_out = lowest is None or lowest > allowed * _FULL
        return f"it {' and '.join(damage)}" if damage else ""

    def _bytes_to_read(self) -> int:
        """How much of the requests nobody has read yet."""
        unread = array.array("i", [0])
        try:
            fcntl.ioctl(self._requests, termios.FIONREAD, unread)
        except OSError:
            return 0
        return unread[0]

    def _lowest_free(self) -> int | None:
        """The lowest number that is free for a descriptor; None if there is none."""
        try:
            lowest = _dup(self.replies)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.EINVAL):  # the latter where none is allowed
                return None
            raise
        _close(lowest)
        return lowest


def identity_of(number: int) -> tuple[int, int] | None:
    """What a descriptor refers to: device and inode; None if it is closed."""
    try:
        status = _fstat(number)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def spare_of(number: int) -> int | None:
    """A second descriptor with a higher number, which children don't inherit; None where there can't be one."""
    for lowest in (SPARE_FROM, 0):
        try:
            return fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, lowest)
        except OSError:  # noqa: PERF203 - closed, or a low limit
            continue
    return None


def _is_sound(kept: _Kept) -> bool:
    return identity_of(kept.number) == kept.identity


def _put_back(kept: _Kept) -> bool:
    """Put a descriptor back that is not what it was; return whether it was closed."""
    identity = identity_of(kept.number)
    if identity == kept.identity:
        return False
    if kept.spare is not None and identity_of(kept.spare) == kept.identity:
        os.dup2(kept.spare, kept.number)
    return identity is None
