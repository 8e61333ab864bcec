"""How the door listens: HTTP by uvicorn, with bounds on what anybody may cost who has no token that counts."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from farm.cluster.ray_credentials import HOST_CERTIFICATE, HOST_KEY
from farm.core.door_address import is_loopback

LARGEST_HEAD = 16 * 1024
"""Bytes of a request's line and headers."""
END_SECONDS = 3
"""How long requests may still run when the door is to end."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What connections may cost.

    Attributes:
        most: how many there may be; further ones are answered 503.
        of_address: how many of them one address may have. Loopback, where a proxy may be, may have all.
        request_seconds: how long a TLS handshake may take, the line and headers of a request to arrive, and a
            connection be idle.
        answer_seconds: how long a client may read nothing of its answer.
    """

    most: int = 200
    of_address: int = 40
    request_seconds: float = 15.0
    answer_seconds: float = 60.0


LIMITS = ConnectionLimits()


class DoorConnection(H11Protocol):
    """A connection that is closed if its client keeps the door waiting, or has too many of them."""

    def __init__(self, *arguments: Any, limits: ConnectionLimits = LIMITS, **keywords: Any) -> None:
        """Make it as uvicorn does, with limits."""
        super().__init__(*arguments, **keywords)
        self._limits = limits
        self._request_due: asyncio.TimerHandle | None = None
        self._answer_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        if self._is_one_too_many():
            transport.abort()
        else:
            self._await_request()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._await_request()

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._answer_due = self.loop.call_later(self._limits.answer_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        _cancel(self._answer_due)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        super().connection_lost(exc)
        _cancel(self._request_due)
        _cancel(self._answer_due)

    def _is_one_too_many(self) -> bool:
        host = _host(self)
        if host is None or is_loopback(host):
            return False
        return sum(_host(each) == host for each in self.connections) > self._limits.of_address

    def _await_request(self) -> None:
        _cancel(self._request_due)
        self._request_due = self.loop.call_later(self._limits.request_seconds, self._give_up)

    def _give_up(self) -> None:
        """Close the connection unless a request is being answered."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()


class _DoorLoop(asyncio.SelectorEventLoop):
    """An event loop that closes connections whose TLS handshake takes too long: uvicorn sets no limit of its own."""

    def __init__(self, handshake_seconds: float) -> None:
        super().__init__()
        self._handshake_seconds = handshake_seconds

    async def create_server(self, *arguments: Any, ssl: Any = None, **keywords: Any) -> asyncio.Server:
        """See `asyncio.loop.create_server`."""
        if ssl is not None:
            keywords["ssl_handshake_timeout"] = self._handshake_seconds
        return await super().create_server(*arguments, ssl=ssl, **keywords)


class _DoorConfig(uvicorn.Config):
    """Settings of uvicorn, with limits."""

    def __init__(self, app: Starlette, limits: ConnectionLimits, **keywords: Any) -> None:
        super().__init__(app, limit_concurrency=limits.most, **keywords)
        self._limits = limits

    def get_loop_factory(self) -> Callable[[], asyncio.AbstractEventLoop]:
        """See `uvicorn.Config`."""
        return functools.partial(_DoorLoop, self._limits.request_seconds)


def door_server(
    app: Starlette, place: tuple[str, int], certificates: Path | None, limits: ConnectionLimits = LIMITS
) -> uvicorn.Server:
    """The server of a door.

    Args:
        app: what answers.
        place: the IP address and port to listen at.
        certificates: the folder with this host's certificate; None to answer without encryption.
        limits: what connections may cost.
    """
    host, port = place
    connection = functools.partial(DoorConnection, limits=limits)
    config = _DoorConfig(
        app,
        limits,
        host=host,
        port=port,
        http=cast("type[asyncio.Protocol]", connection),
        ws="none",
        lifespan="off",
        log_level="error",  # a stranger must not fill the disk with warnings of malformed requests
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        timeout_graceful_shutdown=END_SECONDS,
        ssl_certfile=certificates / HOST_CERTIFICATE if certificates else None,
        ssl_keyfile=certificates / HOST_KEY if certificates else None,
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
    )
    return uvicorn.Server(config)


def _host(connection: object) -> str | None:
    """The IP address of a connection's client; None where it has none."""
    client = getattr(connection, "client", None)
    try:
        return str(ipaddress.ip_address(client[0])) if client else None
    except ValueError:
        return None


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
