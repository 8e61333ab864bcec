"""The versions of what drives boards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from farm.board.discovery.facts import PciDevice
from farm.cluster.hosts import versions
from farm.cluster.hosts.versions import host_versions


@pytest.mark.parametrize(("bundle", "firmware"), [("18.2.0", "18.2.0"), ("N/A", None), (None, None)])
def test_the_firmware_is_tt_smis_where_the_driver_has_none(
    fake_programs: Path, monkeypatch: pytest.MonkeyPatch, bundle: str | None, firmware: str | None
) -> None:
    snapshot = json.dumps({"device_info": [{"firmwares": {"fw_bundle_version": bundle}}]})
    program = fake_programs / "tt-smi"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{snapshot}\nEND\n")
    program.chmod(0o755)
    monkeypatch.setattr(versions, "pci_devices", lambda: [PciDevice("0000:01:00.0", "n150")])
    monkeypatch.setattr(versions, "firmware_bundles", lambda _: [])
    assert host_versions(None).get("firmware") == firmware
    monkeypatch.setattr(versions, "firmware_bundles", lambda _: ["19.0.0"])
    assert host_versions(None)["firmware"] == "19.0.0"
    monkeypatch.setattr(versions, "pci_devices", list)
    assert "firmware" not in host_versions(None)
