"""Descriptors of mock boards: complete, read by Tenstorrent's own library, and like those of real boards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from farm.board.backends.mock import descriptor, mock_environment
from farm.board.kinds import KINDS
from farm.core.board import BoardKind

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)


@dataclass(frozen=True)
class Product:
    """What a product is, as its maker and its tools describe it.

    Attributes:
        card: UMD's name of its cards.
        cards: the number of cards; all trays of a galaxy are one.
        pci: the number of chips that the host reaches by PCIe.
        links: the number of ethernet links between its chips.
        neighbours: the numbers of neighbours that its chips have.
        mesh: the mesh that all its chips form.
        cluster: ttnn's name of the product.
        trays: the numbers of its trays.
    """

    card: str
    cards: int
    pci: int
    links: int
    neighbours: set[int]
    mesh: tuple[int, int]
    cluster: str
    trays: set[int | None]


TRAYS: set[int | None] = {1, 2, 3, 4}
PRODUCTS = {
    "n150": Product("n150", 1, 1, 0, {0}, (1, 1), "N150", {None}),
    "n150x4": Product("n150", 4, 4, 8, {2}, (2, 2), "N150", {None}),
    "n300": Product("n300", 1, 1, 2, {1}, (1, 2), "N300", {None}),
    "t3000": Product("n300", 4, 4, 20, {2, 3}, (2, 4), "T3K", {None}),
    "galaxy": Product("ubb", 1, 32, 208, {2, 3, 4}, (8, 4), "GALAXY", TRAYS),
    "p100": Product("p100", 1, 1, 0, {0}, (1, 1), "P100", {None}),
    "p150": Product("p150", 1, 1, 0, {0}, (1, 1), "P150", {None}),
    "p150x4": Product("p150", 4, 4, 16, {2}, (2, 2), "P150_X4", {None}),
    "p150x8": Product("p150", 8, 8, 20, {2, 3}, (2, 4), "P150_X8", {None}),
    "p300": Product("p300", 1, 2, 2, {1}, (1, 2), "P300", {None}),
    "p300x2": Product("p300", 2, 4, 8, {2}, (2, 2), "P300_X2", {None}),
    "galaxy-blackhole": Product("ubb_blackhole", 1, 32, 104, {2, 3, 4}, (8, 4), "BLACKHOLE_GALAXY", TRAYS),
}


@every_kind
def test_a_descriptor_is_complete(kind: BoardKind) -> None:
    raw = yaml.safe_load(descriptor(kind))
    assert len(raw["arch"]) == kind.chips
    assert set(raw["arch"].values()) == {kind.arch}
    assert sum(len(card[2]["chips"]) for card in raw["boards"]) == kind.chips
    ends = [(end["chip"], end["chan"]) for link in raw["ethernet_connections"] for end in link]
    assert len(ends) == len(set(ends)), "an ethernet channel has one far end"
    assert "&" not in descriptor(kind), "UMD reads no anchors"


@every_kind
def test_umd_reads_what_the_product_is(kind: BoardKind) -> None:
    umd = pytest.importorskip("tt_umd", reason="tt-umd has wheels for Linux alone")
    product, cluster = PRODUCTS[kind.name], umd.ClusterDescriptor.create_from_yaml_content(descriptor(kind))
    chips = cluster.get_all_chips()
    assert len(chips) == kind.chips
    assert {umd.board_type_to_string(cluster.get_board_type(chip)) for chip in chips} == {product.card}
    assert {str(cluster.get_arch(chip)) for chip in chips} == {kind.arch}
    boards = [cluster.get_board_id_for_chip(chip) for chip in chips]
    assert len({*boards}) == product.cards
    assert {boards.count(board) for board in boards} == {kind.chips // product.cards}
    assert len(cluster.get_chips_with_mmio()) == product.pci
    assert {cluster.get_tray_id(chip) for chip in chips} == product.trays
    assert not cluster.get_unhealthy_devices()
    links = {chip: dict(cluster.get_ethernet_connections().get(chip, {})) for chip in chips}
    assert sum(map(len, links.values())) == 2 * product.links
    assert all(links[far_chip][far_channel] == (chip, channel) for chip, channel, far_chip, far_channel in ends(links))
    assert {len({far_chip for far_chip, _ in links[chip].values()}) for chip in chips} == product.neighbours


def ends(links: dict[int, dict[int, tuple[int, int]]]) -> list[tuple[int, int, int, int]]:
    """Each link from either end: chip, channel, far chip, far channel."""
    return [(chip, channel, *far) for chip, channels in links.items() for channel, far in channels.items()]


def test_each_chip_of_a_blackhole_galaxy_has_a_place_of_its_own() -> None:
    umd = pytest.importorskip("tt_umd", reason="tt-umd has wheels for Linux alone")
    cluster = umd.ClusterDescriptor.create_from_yaml_content(descriptor(KINDS["galaxy-blackhole"]))
    spots = {(cluster.get_tray_id(chip), cluster.get_asic_location(chip)) for chip in cluster.get_all_chips()}
    assert spots == {(tray, location) for tray in range(1, 5) for location in range(1, 9)}


def test_trays_of_a_blackhole_galaxy_are_joined_as_on_a_real_one() -> None:
    links = places(yaml.safe_load(descriptor(KINDS["galaxy-blackhole"])))
    seams = {tuple(sorted(bus & 0xF0 for bus, _ in link)) for link in links if len({bus & 0xF0 for bus, _ in link}) > 1}
    assert seams == {(0x00, 0x40), (0x00, 0xC0), (0x40, 0x80), (0x80, 0xC0)}
    # One of each seam, and within a tray to the right and down, from the descriptor of a real one (revision B).
    for near, far in (
        ((0x04, 4), (0x44, 4)),
        ((0x08, 6), (0xC8, 6)),
        ((0x48, 7), (0x88, 7)),
        ((0xC4, 5), (0x84, 5)),
        ((0x41, 4), (0x42, 2)),
        ((0x42, 6), (0x46, 0)),
    ):
        assert frozenset((near, far)) in links


def test_links_and_trays_of_a_galaxy_are_those_of_a_real_one(shared_data: Path) -> None:
    real = yaml.safe_load((shared_data / "cluster_descriptors" / "6u_cluster_desc.yaml").read_text())
    assert places(yaml.safe_load(descriptor(KINDS["galaxy"]))) == places(real)


def test_links_and_cards_of_a_t3000_are_those_of_a_real_one(shared_data: Path) -> None:
    real = yaml.safe_load((shared_data / "cluster_descriptors" / "t3k_cluster_desc.yaml").read_text())
    assert coordinates(yaml.safe_load(descriptor(KINDS["t3000"]))) == coordinates(real)


def test_chips_of_a_p300_are_harvested_as_on_a_real_one(shared_data: Path) -> None:
    real = yaml.safe_load((shared_data / "cluster_descriptors" / "blackhole_P300_both_mmio.yaml").read_text())
    mock = yaml.safe_load(descriptor(KINDS["p300"]))
    units = ("pcie_harvesting_mask", "dram_harvesting_mask", "eth_harvesting_mask", "l2cpu_harvesting_mask")
    for chip, harvesting in real["harvesting"].items():
        assert [mock["harvesting"][chip][unit] for unit in units] == [harvesting[unit] for unit in units]
        assert mock["harvesting"][chip]["harvest_mask"].bit_count() == harvesting["harvest_mask"].bit_count()
    assert mock["asic_locations"] == real["asic_locations"]
    assert mock["ethernet_connections"] == real["ethernet_connections"]


def test_cards_of_a_p150x4_are_cabled_as_real_ones(shared_data: Path) -> None:
    real = yaml.safe_load((shared_data / "cluster_descriptors" / "blackhole_4xP150.yaml").read_text())
    mock = yaml.safe_load(descriptor(KINDS["p150x4"]))
    assert cables(mock) == cables(real)
    assert mock["harvesting"] == real["harvesting"]
    assert mock["asic_locations"] == real["asic_locations"]


def places(raw: dict[str, Any]) -> set[frozenset[tuple[int, int]]]:
    """The links of a cluster descriptor as pairs of (bus number, channel)."""
    buses = {chip: int(bus, 16) for chip, bus in raw["chip_to_bus_id"].items()}
    return {frozenset((buses[end["chip"]], end["chan"]) for end in link) for link in raw["ethernet_connections"]}


def coordinates(raw: dict[str, Any]) -> tuple[set[frozenset[Any]], set[frozenset[Any]], set[Any]]:
    """The links, cards and chips with PCIe of a cluster descriptor, by ethernet coordinates."""
    chips = {chip: tuple(coordinate) for chip, coordinate in raw["chips"].items()}
    return (
        {frozenset((chips[end["chip"]], end["chan"]) for end in link) for link in raw["ethernet_connections"]},
        {frozenset(chips[chip] for chip in card[2]["chips"]) for card in raw["boards"]},
        {chips[chip] for device in raw["chips_with_mmio"] for chip in device},
    )


def cables(raw: dict[str, Any]) -> list[list[tuple[int, int]]]:
    """The channels at both ends of the links between each two chips of a cluster descriptor, whichever they are."""
    joined: dict[frozenset[int], list[tuple[int, int]]] = {}
    for near, far in raw["ethernet_connections"]:
        joined.setdefault(frozenset((near["chip"], far["chip"])), []).append((near["chan"], far["chan"]))
    return sorted(sorted(channels) for channels in joined.values())


# Imports ttnn once, and asks it for each board in a fork: what ttnn sees is fixed at its first look.
ASK_TTNN = """
import json, os, sys
import ttnn, yaml

def view(rows, columns):
    shape = tuple(ttnn._ttnn.multi_device.SystemMeshDescriptor().shape())
    with open(ttnn.cluster.serialize_cluster_descriptor()) as file:
        links = yaml.safe_load(file)["ethernet_connections"]
    product = ttnn.cluster.get_cluster_type().name
    if rows * columns > 1:
        ttnn.set_fabric_config(ttnn.FabricConfig.FABRIC_1D, fabric_manager_mode=ttnn.FabricManagerMode.ENABLED)
    mesh = ttnn.open_mesh_device(ttnn.MeshShape(rows, columns))
    grid, dram = mesh.compute_with_storage_grid_size(), mesh.dram_grid_size()
    settings = dict(dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, memory_config=ttnn.DRAM_MEMORY_CONFIG)
    tensor = ttnn.empty((1, 1, 32, 32), device=mesh, **settings)
    output = ttnn.add(tensor, tensor)
    if rows * columns > 1:
        output = ttnn.all_gather(output, dim=3, cluster_axis=1)
    return {
        "chips": ttnn.GetNumAvailableDevices(),
        "pci": ttnn.GetNumPCIeDevices(),
        "mesh": shape,
        "product": product,
        "links": links,
        "grid": (grid.x, grid.y),
        "dram_banks": dram.x * dram.y,
        "gathered": tuple(output.shape),
    }

for kind, (environment, mesh) in json.load(sys.stdin).items():
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.environ.update(environment)
            with open(writer, "w") as file:
                json.dump(view(*mesh), file)
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writer)
    with open(reader) as file:
        print("view", kind, file.read() or "null", flush=True)
    os.waitpid(child, 0)
"""


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What this interpreter's ttnn, or that of FARM_PYTHON, sees of a mock board of each kind; None if it failed."""
    python = os.environ.get("FARM_PYTHON", "")
    if not python:
        pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    python = python or sys.executable
    boards = {kind.name: (mock_environment(kind, os.environ, python), kind.meshes[0]) for kind in KINDS.values()}
    run = subprocess.run(
        [python, "-c", ASK_TTNN],
        input=json.dumps(boards),
        env={**os.environ, "TT_LOGGER_LEVEL": "FATAL"},
        cwd=tmp_path_factory.mktemp("views"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    lines = (line.split(maxsplit=2) for line in run.stdout.splitlines() if line.startswith("view "))
    return {kind: json.loads(view) for _, kind, view in lines}


@pytest.mark.ttnn
@every_kind
def test_ttnn_sees_what_the_product_is(kind: BoardKind, views: dict[str, Any]) -> None:
    view, product = views[kind.name], PRODUCTS[kind.name]
    assert (view["chips"], view["pci"]) == (kind.chips, product.pci)
    assert sorted(view["mesh"]) == sorted(product.mesh)
    assert tuple(view["grid"]) == kind.grids[0][2]
    assert view["dram_banks"] == kind.dram_banks
    if view["product"] != "INVALID":  # ttnn 0.66.0 tells neither the product nor the links of a mock
        assert view["product"] == product.cluster
        assert linked(view["links"]) == linked(yaml.safe_load(descriptor(kind))["ethernet_connections"])


@pytest.mark.ttnn
@every_kind
def test_all_chips_of_a_board_are_joined_by_its_fabric(kind: BoardKind, views: dict[str, Any]) -> None:
    _, columns = kind.meshes[0]
    assert views[kind.name]["gathered"] == [1, 1, 32, 32 * columns]


def linked(connections: list[Any]) -> set[frozenset[tuple[int, int]]]:
    """The links of a cluster descriptor as pairs of (chip, channel)."""
    return {frozenset((end["chip"], end["chan"]) for end in link) for link in connections}
