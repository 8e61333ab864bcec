"""The extras that some of farm's work needs, and how to install them: the way farm itself was installed."""

from __future__ import annotations

import importlib.metadata
import json
import shlex
from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

DISTRIBUTION = "ttnn-farm"


class Extra(str, Enum):
    """The extras of the package; `docs/first-sweep.md` says what each is for."""

    TTNN = "ttnn"
    CLUSTER = "cluster"
    POSTGRESQL = "postgresql"
    SILICON = "silicon"

    @property
    def is_installed(self) -> bool:
        """Whether this process's interpreter has what the extra brings."""
        return all(find_spec(module) is not None for module in _MODULES[self])


_MODULES = {
    Extra.TTNN: ("ttnn",),
    Extra.CLUSTER: ("aiohttp", "aiohttp_cors", "cryptography", "prometheus_client", "starlette", "uvicorn"),
    Extra.POSTGRESQL: ("psycopg",),
    Extra.SILICON: ("tt_umd",),
}


@dataclass(frozen=True, slots=True)
class OwnInstall:
    """How farm is installed.

    Attributes:
        installer: the program that installed it, such as `pip` or `uv`; empty if nothing says so.
        checkout: the checkout that it runs from; None for an installed copy.
    """

    installer: str
    checkout: Path | None

    @property
    def uv_syncs(self) -> bool:
        """Whether `uv sync` made the environment, so that it changes it, too."""
        return self.installer == "uv" and self.checkout is not None and (self.checkout / "uv.lock").is_file()

    def command(self, extra: Extra) -> str:
        """Return the command that installs an extra."""
        if self.uv_syncs:
            return f"uv sync --extra {extra.value}"
        pip = "uv pip install" if self.installer == "uv" else "pip install"
        if self.checkout is not None:
            return f"{pip} -e {shlex.quote(f'{self.checkout}[{extra.value}]')}"
        return f"{pip} '{DISTRIBUTION}[{extra.value}]'"

    def torch_command(self) -> str:
        """Return the command that installs torch, which is no extra: a model's environment has its own."""
        if self.uv_syncs:
            return "uv sync --group golden"
        return "uv pip install torch" if self.installer == "uv" else "pip install torch"


def own_install() -> OwnInstall:
    """How the farm that runs was installed."""
    try:
        distribution = importlib.metadata.distribution(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:  # its source alone is on the path
        return OwnInstall("", None)
    installer = (distribution.read_text("INSTALLER") or "").strip()
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    if not origin.get("dir_info", {}).get("editable"):
        return OwnInstall(installer, None)
    return OwnInstall(installer, Path(unquote(urlsplit(origin["url"]).path)))
