"""How to install an extra, for each way in which farm itself can be installed."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from farm.core.extras import DISTRIBUTION, Extra, OwnInstall, own_install


def test_a_synced_checkout_is_synced_again(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").touch()
    install = OwnInstall("uv", tmp_path)
    assert install.command(Extra.CLUSTER) == "uv sync --extra cluster"
    assert install.torch_command() == "uv sync --group golden"


@pytest.mark.parametrize(
    ("installer", "editable", "command"),
    [
        ("pip", False, "pip install 'ttnn-farm[ttnn]'"),
        ("uv", False, "uv pip install 'ttnn-farm[ttnn]'"),
        ("pip", True, "pip install -e '{folder}[ttnn]'"),
        ("", False, "pip install 'ttnn-farm[ttnn]'"),
    ],
)
def test_other_installs_use_their_installer(installer: str, editable: bool, command: str, tmp_path: Path) -> None:
    install = OwnInstall(installer, tmp_path if editable else None)
    assert install.command(Extra.TTNN) == command.format(folder=tmp_path)


def test_the_install_is_read_from_its_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    class Distribution:
        def read_text(self, name: str) -> str | None:
            return {
                "INSTALLER": "uv\n",
                "direct_url.json": '{"url": "file:///a%20b/farm", "dir_info": {"editable": true}}',
            }.get(name)

    monkeypatch.setattr(importlib.metadata, "distribution", lambda _name: Distribution())
    assert own_install() == OwnInstall("uv", Path("/a b/farm"))


def test_every_extra_is_one_of_the_package() -> None:
    provided = importlib.metadata.metadata(DISTRIBUTION).get_all("Provides-Extra")
    assert {extra.value for extra in Extra} == set(provided or ())
