"""The versions of what drives boards."""

from __future__ import annotations

from farm.cluster.hosts.versions import firmware_of


def test_firmware_is_read_from_json_whatever_it_holds() -> None:
    devices = [{"firmwares": {"fw_bundle_version": "18.2"}}, {"firmwares": None}, 7]
    assert firmware_of({"device_info": devices}) == "18.2"
    assert firmware_of([]) == firmware_of({"device_info": "?"}) == ""
