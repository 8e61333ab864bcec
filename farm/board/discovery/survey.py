"""A survey of a host's chips: who is asked, and what comes of it.

The driver is always asked, which opens no chip. tt-umd and tt-smi open chips, so they are only asked while nobody has
one open. tt-umd is asked once for each boot and set of devices, and what it said is remembered, so that all see the
same boards; `farm up`, `farm doctor` and `farm boards --why` ask it anew. tt-smi is asked for what neither told.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from farm.board import holders
from farm.board.discovery.facts import ChipGroup, Grouping, HostChips, PciDevice, UmdReport, UnknownCard
from farm.board.discovery.grouping import group_chips, group_parts, needs_board_ids
from farm.board.discovery.umd import umd_report
from farm.board.discovery.umd_memory import UmdMemory
from farm.board.discovery.visible import hidden_note, visible_devices
from farm.board.parts import Partition
from farm.board.tt_smi import SmiReport, tt_smi_snapshot
from farm.core.board import Board, BoardKind
from farm.core.errors import NotRunnable
from farm.core.extras import Extra, own_install
from farm.core.plain_words import counted
from farm.core.shortfall import Shortfall


@dataclass(frozen=True, slots=True)
class SurveyedBoard:
    """A board of a survey.

    Attributes:
        board: the board.
        group: its chips, and how it came about.
    """

    board: Board
    group: ChipGroup

    @property
    def shortfalls(self) -> tuple[Shortfall, ...]:
        """What it lacks of its product; each holds it."""
        return tuple(replace(each, boards=(self.board.id,)) for each in self.group.shortfalls)


@dataclass(frozen=True, slots=True)
class Survey:
    """The boards of this host, and how they came about.

    Attributes:
        boards: its boards, also those that are not whole.
        unknown: devices that are part of no board.
        differences: where the driver and the tools disagree, a line each.
        sources: who was asked and what they said, or why they were not, a line each.
        unformed: boxes that the cards would make up if they were linked.
    """

    boards: tuple[SurveyedBoard, ...] = ()
    unknown: tuple[UnknownCard, ...] = ()
    differences: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    unformed: tuple[Shortfall, ...] = ()

    @property
    def whole(self) -> list[Board]:
        """The boards that lack nothing."""
        return [each.board for each in self.boards if not each.group.missing]

    @property
    def usable(self) -> list[Board]:
        """The boards that have all their chips. What else a board lacks is a reason to hold it, not to forget it."""
        return [each.board for each in self.boards if each.group.can_be_used]

    @property
    def is_empty(self) -> bool:
        """Whether this host has no device."""
        return not (self.boards or self.unknown or self.differences)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know: boards that are not whole, unknown devices, differences; a line each."""
        lacking = (f"{each.board.id} is no whole {each.board.kind.name}: {each.group.missing}" for each in self.boards)
        return (
            *(line for line, each in zip(lacking, self.boards, strict=True) if each.group.missing),
            *self.remarks,
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should know besides boards that are not whole: unknown devices, differences; a line each."""
        return (*(f"{card.name} is left out: {card.reason}" for card in self.unknown), *self.differences)

    def lines(self) -> Iterator[str]:
        """The survey for people."""
        for source in self.sources:
            yield f"asked: {source}"
        for each in self.boards:
            state = f"; held: {each.group.missing}" if each.group.missing else ""
            yield f"{each.board.kind.name} {each.board.id}: {each.group.reason}{state}"
        for card in self.unknown:
            yield f"unknown {card.name}: {card.reason}"
        for difference in self.differences:
            yield f"difference: {difference}"
        if self.is_empty:
            yield "no boards on this host: the driver shows no device"

    def joined(self, other: Survey) -> Survey:
        """Both surveys in one."""
        return Survey(
            self.boards + other.boards,
            self.unknown + other.unknown,
            self.differences + other.differences,
            self.sources + other.sources,
            self.unformed + other.unformed,
        )

    def as_json(self) -> dict[str, Any]:
        """The survey for `farm boards --why --json`."""
        return {
            "boards": [
                {
                    "id": each.board.id,
                    "backend": each.board.backend,
                    "kind": each.board.kind.name,
                    "addresses": list(each.group.addresses),
                    "reason": each.group.reason,
                    "missing": each.group.missing,
                }
                for each in self.boards
            ],
            "unknown": [{"name": card.name, "reason": card.reason} for card in self.unknown],
            "differences": list(self.differences),
            "sources": list(self.sources),
        }


@dataclass(frozen=True, slots=True)
class Tools:
    """The programs that a survey may ask.

    Attributes:
        umd: asks tt-umd for the chips at these PCI addresses.
        smi: asks tt-smi.
        user: who has a chip open, or hands chips out; "" for nobody.
        memory: what tt-umd said before.
    """

    umd: Callable[[Sequence[str]], UmdReport]
    smi: Callable[[], SmiReport]
    user: Callable[[], str]
    memory: UmdMemory


def user_of_chips() -> str:
    """Who has a chip of this host open, or hands them out; "" for nobody."""
    if program := holders.broker():
        return f"{program.name} (pid {program.pid}) hands out this host's devices"
    return next((str(holder) for holder in holders.holders()), "")


def host_tools() -> Tools:
    """The tools of this host. tt-smi is asked once: board numbers and cards, which a survey takes from it, stay."""
    return Tools(umd_report, functools.cache(tt_smi_snapshot), user_of_chips, UmdMemory())


def survey_chips(
    devices: Sequence[PciDevice],
    environment: Mapping[str, str],
    kind: BoardKind | None = None,
    *,
    tools: Tools,
    opening: bool = False,
    split: tuple[BoardKind, Partition] | None = None,
) -> tuple[Grouping, tuple[str, ...]]:
    """Group the chips of this host, and tell who was asked.

    Args:
        devices: what the driver shows.
        environment: this process's; its `TT_VISIBLE_DEVICES` limits the chips.
        kind: only boards of this kind.
        tools: what may be asked.
        opening: asks tt-umd anew, which opens the chips unless somebody uses one.
        split: a box, and the parts of it to group its chips into.
    """
    sources = [f"driver: {counted(len(devices), 'device')}"]
    if not devices:
        return Grouping(), tuple(sources)
    try:
        visible = visible_devices(devices, environment)
    except NotRunnable as error:
        return Grouping(differences=(str(error),)), tuple(sources)
    if note := hidden_note(devices, visible, environment):
        sources.append(note)
    if not visible:
        return Grouping(differences=(note,)), tuple(sources)
    host = _asked(HostChips(tuple(visible)), kind, tools, sources, opening=opening)
    grouping = group_parts(host, *split) if split else group_chips(host, kind)
    return grouping, tuple(sources)


def _asked(host: HostChips, kind: BoardKind | None, tools: Tools, sources: list[str], *, opening: bool) -> HostChips:
    """Ask the tools for what is wanted beyond the driver's facts."""
    with tools.memory.asking():  # one process asks, the others wait for what it is told
        remembered = tools.memory.report(host.devices)
        if remembered is not None and not opening:
            return _with_umd(host, remembered.report, f"{_umd_source(remembered.report)}, {remembered.when}", sources)
        if user := tools.user():
            sources.append(f"tt-umd and tt-smi are not asked, since they would open the chips: {user}")
            if remembered is None:
                return host
            return _with_umd(host, remembered.report, f"{_umd_source(remembered.report)}, {remembered.when}", sources)
        umd = tools.umd([device.address for device in host.devices if device.address])
        tools.memory.keep(host.devices, umd)
    host = _with_umd(host, umd, _umd_source(umd), sources)
    if umd.chips or not (opening or needs_board_ids(host.devices, kind)):
        return host
    smi = tools.smi()
    sources.append(f"tt-smi: {counted(len(smi.chips), 'chip')}" if smi.chips else "; ".join(smi.troubles))
    return replace(host, smi=smi) if smi.chips else host


def _with_umd(host: HostChips, umd: UmdReport, source: str, sources: list[str]) -> HostChips:
    sources.append(source)
    return replace(host, umd=umd) if umd.is_installed else host


def _umd_source(umd: UmdReport) -> str:
    if not umd.is_installed:
        return f"tt-umd is not installed: {own_install().command(Extra.SILICON)}"
    if not umd.version:
        return "; ".join(umd.troubles)
    remote = sum(not chip.address for chip in umd.chips)
    behind = f", {remote} of them behind others" if remote else ""
    links = f", {counted(len(umd.links), 'pair')} with links" if umd.links else ""
    return f"tt-umd {umd.version}: {counted(len(umd.chips), 'chip')}{behind}{links}"


def surveyed(grouping: Grouping, sources: tuple[str, ...], board_of: Callable[[ChipGroup], Board]) -> Survey:
    """The survey that a grouping comes to.

    Args:
        grouping: the groups of chips.
        sources: who was asked.
        board_of: makes a board of a group.
    """
    boards = (SurveyedBoard(board_of(group), group) for group in grouping.groups)
    return Survey(tuple(boards), grouping.unknown, grouping.differences, sources, grouping.unformed)
