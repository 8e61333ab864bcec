"""Where a door is: the form of `--address` that names one, and the place at which one listens."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from farm.core.errors import FarmError

_FORM = "the address of a door is http(s)://HOST:PORT, such as https://10.0.0.1:8266"


@dataclass(frozen=True, slots=True)
class DoorAddress:
    """The URL of a door.

    Attributes:
        host: its host.
        port: its port.
        is_encrypted: whether it is asked over TLS.
    """

    host: str
    port: int
    is_encrypted: bool

    @property
    def is_exposed(self) -> bool:
        """Whether others in the network can read what is sent there."""
        try:
            is_own = is_loopback(self.host)
        except ValueError:  # a name
            is_own = self.host == "localhost"
        return not self.is_encrypted and not is_own

    def __str__(self) -> str:
        """The URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.is_encrypted else 'http'}://{host}:{self.port}"


def door_address(url: str) -> DoorAddress:
    """The door at a URL.

    Raises:
        FarmError: it is no http(s)://HOST:PORT.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise FarmError(_FORM) from None
    has_more = bool(parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password)
    if not host or not port or has_more or parts.scheme not in ("http", "https"):
        raise FarmError(_FORM)
    return DoorAddress(host, port, parts.scheme == "https")


def listening_place(text: str) -> tuple[str, int]:
    """The IP address and port at which a door shall listen.

    Raises:
        FarmError: it is no HOST:PORT.
    """
    host, _, port = text.rpartition(":")
    try:
        address = ipaddress.ip_address(host.strip("[]"))
        number = int(port)
    except ValueError:
        raise FarmError(f"--door {text}: give an IP address of this host and a port, such as 127.0.0.1:8266") from None
    if not 0 < number < 65536:
        raise FarmError(f"--door {text}: the port is not between 1 and 65535")
    return str(address), number


def is_loopback(host: str) -> bool:
    """Whether only this host reaches an IP address."""
    return ipaddress.ip_address(host).is_loopback


def names_door(address: str) -> bool:
    """Whether the address of a farm is the URL of its door, and not HOST:PORT of its head."""
    return "://" in address
