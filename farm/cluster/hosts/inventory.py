"""The boards that a host offers to a farm, under names that are unique in the farm."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from farm.board.backends import backend_of
from farm.board.expectation import NOTHING_EXPECTED, Expectation
from farm.board.holders import broker, holders
from farm.cluster.board_resources import DEVICES_RESOURCE, resources_of
from farm.cluster.hosts.board_memory import BoardMemory
from farm.cluster.hosts.expected import shortfalls_of, surveyed_boards
from farm.core.board import AUTO, Board
from farm.core.shortfall import Shortfall


@dataclass(frozen=True, slots=True)
class Inventory:
    """A host's boards.

    Attributes:
        boards: the boards that it offers, also those that are held since they are not as expected.
        notes: why other boards are left out.
        shortfalls: what it lacks of what is expected, with the boards that this holds.
        survey: how its boards came about, a line each.
    """

    boards: tuple[Board, ...]
    notes: tuple[str, ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()
    survey: tuple[str, ...] = ()

    def resources(self) -> dict[str, float]:
        """The Ray resources of a node that has these boards."""
        total: Counter[str] = Counter()
        for board in self.boards:
            total.update(resources_of(board))
        devices = {address for board in self.boards for address in backend_of(board).addresses(board)}
        # a box and its parts have them in common
        return {**total, **({DEVICES_RESOURCE: float(len(devices))} if devices else {})}

    def labels(self, host: str) -> dict[str, str]:
        """Ray's labels of such a node, for people who look at Ray itself."""
        labels = {"farm-host": _label(host)}
        for name, values in (
            ("farm-kind", [board.kind.name for board in self.boards]),
            ("farm-arch", [board.kind.arch for board in self.boards]),
            ("farm-pci", [address for board in self.boards for address in backend_of(board).addresses(board)]),
        ):
            if values:
                labels[name] = _label("-".join(dict.fromkeys(values)))
        return labels


def take_inventory(text: str, host: str, python: str | None, expectation: Expectation = NOTHING_EXPECTED) -> Inventory:
    """The boards that a host offers. What it lacks holds the boards that it concerns; the others are offered.

    Args:
        text: `auto` for the host's silicon, `none`, or a list as `--boards` takes it.
        host: the host's name in the farm.
        python: the interpreter whose ttnn opens the boards; None for the one that farm runs in.
        expectation: what the host is expected to have.

    Raises:
        FarmError: the text can't be parsed.
        NotRunnable: a board that it names is not there.
    """
    survey = surveyed_boards(text)
    boards = [each.board for each in survey.boards]
    holds = BoardMemory().holds_of(boards)
    free, notes = _without_held_devices([board for board in boards if board.id not in holds])
    notes += [f"{board.id} is left out: {holds[board.id].why}" for board in boards if board.id in holds]
    notes += survey.remarks
    if not boards and not survey.remarks and text.strip() == AUTO:
        notes.append("no board in /dev/tenstorrent: --boards mock:n300*2 offers mocks")
    named = [replace(each, board=_renamed(each.board, host, python or sys.executable)) for each in survey.boards]
    offered = tuple(each.board for each, board in zip(named, boards, strict=True) if board in free)
    survey = replace(survey, boards=tuple(named))
    return Inventory(offered, tuple(notes), shortfalls_of(text, survey, expectation), tuple(survey.lines()))


def _without_held_devices(boards: Sequence[Board]) -> tuple[list[Board], list[str]]:
    """The boards whose devices no other program has open, and a note for each other board."""
    with_devices = [board for board in boards if backend_of(board).addresses(board)]
    if not with_devices:
        return list(boards), []
    if program := broker():
        one_or_more = "1 board is" if len(with_devices) == 1 else f"{len(with_devices)} boards are"
        note = f"{program.name} (pid {program.pid}) hands out this host's devices: its {one_or_more} left to it"
        return [board for board in boards if board not in with_devices], [note]
    by_address = {holder.address: str(holder) for holder in holders()}  # "" holds an unknown device
    free, notes = [], []
    for board in boards:
        addresses = backend_of(board).addresses(board)
        held_by = [by_address[address] for address in (*addresses, "") if addresses and address in by_address]
        if held_by:
            notes.append(f"{board.id} is left out: {held_by[0]}")
        else:
            free.append(board)
    return free, notes


def _renamed(board: Board, host: str, python: str) -> Board:
    """The board under a name that is unique in the farm."""
    return replace(board, id=backend_of(board).name_on(board, host), host=host, python=python)


def _label(text: str) -> str:
    """A text as a label of Ray's, which are Kubernetes': 63 letters, digits, dots, dashes and underscores."""
    valid = "".join(letter if letter.isalnum() or letter in "._-" else "." for letter in text)
    return valid[:63].strip("._-")
