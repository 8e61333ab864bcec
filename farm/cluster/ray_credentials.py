"""What Ray requires of others and shows to them, in this process and in those that it starts: a token, certificates."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CA_CERTIFICATE, HOST_CERTIFICATE, HOST_KEY = "ca.crt", "host.crt", "host.key"
"""The files in a host's folder of certificates."""
_VARIABLES = (
    *("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"),
    *("RAY_USE_TLS", "RAY_TLS_CA_CERT", "RAY_TLS_SERVER_CERT", "RAY_TLS_SERVER_KEY"),
)


@dataclass(frozen=True, slots=True)
class RayCredentials:
    """A token, and certificates.

    Attributes:
        token_file: the file with the token.
        certificates: the folder with this host's certificates; None to send everything unencrypted.
    """

    token_file: Path
    certificates: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that make Ray require and show them."""
        token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(self.token_file.absolute())}
        if self.certificates is None:
            return token
        folder = self.certificates.absolute()
        return {
            **token,
            "RAY_USE_TLS": "1",
            "RAY_TLS_CA_CERT": str(folder / CA_CERTIFICATE),
            "RAY_TLS_SERVER_CERT": str(folder / HOST_CERTIFICATE),
            "RAY_TLS_SERVER_KEY": str(folder / HOST_KEY),
        }


def send_credentials(credentials: RayCredentials) -> None:
    """Make Ray, in this process, use these credentials and no others from now on."""
    _set_environment(credentials.environment)


@contextmanager
def credentials_sent(credentials: RayCredentials) -> Iterator[None]:
    """Make Ray, in this process, use these credentials and no others for the time of a `with` block."""
    before = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    send_credentials(credentials)
    try:
        yield
    finally:
        _set_environment(before)


def _set_environment(values: dict[str, str]) -> None:
    for name in _VARIABLES:
        os.environ.pop(name, None)
    os.environ.update(values)
    if "ray" in sys.modules:
        # it read its environment when it was imported; this is how its own commands make it look again
        from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]  # noqa: TID251 - it is there

        Config.initialize("")
        AuthenticationTokenLoader.instance().reset_cache()
