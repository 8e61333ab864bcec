"""The addresses on which processes accept TCP connections, as the kernel tells them."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
from collections.abc import Collection
from pathlib import Path

_LISTENING = "0A"


def listening(pids: Collection[int]) -> set[tuple[str, int]]:
    """The IP addresses and ports on which processes listen, all of one network namespace."""
    own = _sockets(pids)
    addresses = set()
    for table in _tables(pids):
        for line in table.splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == _LISTENING and rest[5] in own:
                address, _, port = local.partition(":")
                addresses.add((_address(address), int(port, 16)))
    return addresses


def is_loopback(address: str) -> bool:
    """Whether no other host reaches an address."""
    parsed = ipaddress.ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def _tables(pids: Collection[int]) -> list[str]:
    """The TCP sockets of the namespace of processes, as its first living process shows them."""
    for pid in pids:
        with contextlib.suppress(OSError):
            return [Path(f"/proc/{pid}/net/{name}").read_text() for name in ("tcp", "tcp6")]
    return []


def _sockets(pids: Collection[int]) -> set[str]:
    """The inodes of the sockets that processes have open."""
    inodes = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            for link in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    target = str(link.readlink())
                    if target.startswith("socket:["):
                        inodes.add(target[8:-1])
    return inodes


def _address(text: str) -> str:
    """An address of /proc/net: words of 32 bits in the host's byte order."""
    words = b"".join(struct.pack("=I", int(text[i : i + 8], 16)) for i in range(0, len(text), 8))
    return socket.inet_ntop(socket.AF_INET if len(words) == 4 else socket.AF_INET6, words)
