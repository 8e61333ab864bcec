"""A tt_umd without devices: the part that farm asks. A test writes it into a folder, with what it says at its end."""

# bindings of C++ have no types either
# mypy: ignore-errors

import enum
import os
from types import SimpleNamespace

WORLD = {"devices": [], "chips": [], "links": []}


class PCIDevice:
    @staticmethod
    def enumerate_devices_info():
        visible = os.environ["TT_VISIBLE_DEVICES"].split(",")
        return {n: SimpleNamespace(pci_bdf=each) for n, each in enumerate(WORLD["devices"]) if each in visible}


class TopologyDiscoveryOptions:
    class Action(enum.Enum):
        THROW = 0
        IGNORE = 1

    eth_fw_mismatch_action = device_init_failure_action = Action.THROW


class TopologyDiscovery:
    @staticmethod
    def discover(options):
        print("discovery begins {here}")  # tt-umd logs to stdout
        assert options.device_init_failure_action is TopologyDiscoveryOptions.Action.IGNORE
        return ClusterDescriptor(), {0: SimpleNamespace(get_firmware_info_provider=_firmware)}


def _firmware():
    return SimpleNamespace(get_firmware_version=lambda: SimpleNamespace(to_string=lambda: "19.5.0"))


def board_type_to_string(board_type):
    if not board_type:
        raise RuntimeError("Unknown board type")
    return board_type


class ClusterDescriptor:
    def get_all_chips(self):
        return set(range(len(WORLD["chips"])))

    def get_chip_pci_bdfs(self):
        return {chip: each["address"] for chip, each in enumerate(WORLD["chips"]) if each["address"]}

    def get_board_type(self, chip):
        return WORLD["chips"][chip]["type"]

    def get_board_id_for_chip(self, chip):
        return WORLD["chips"][chip]["board"]

    def get_tray_id(self, chip):
        return 1 + chip // 8 if self.get_board_type(chip).startswith("ubb") else None

    def get_asic_location(self, chip):
        return chip % 8 + 1

    def get_ethernet_connections(self):
        connections = {}
        for number, (near, far) in enumerate(WORLD["links"]):
            connections.setdefault(near, {})[number] = (far, number)
            connections.setdefault(far, {})[number] = (near, number)
        return connections

    def get_unhealthy_devices(self):
        return list(self.get_health_errors())

    def get_health_errors(self):
        return {chip: each["errors"] for chip, each in enumerate(WORLD["chips"]) if each["errors"]}
