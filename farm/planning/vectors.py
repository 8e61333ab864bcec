"""Vectors of the suite `model_traced`: one for each configuration of a master; none is dropped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from farm.board.kinds import KINDS
from farm.core.board import BoardKind
from farm.core.errors import NothingSelected
from farm.core.numeric_options import USUAL_NUMBERS, NumericOptions
from farm.core.payload import MODEL_TRACED, EncodedVector, Payload, TracedCall, Unreadable, decode, encode
from farm.core.traced_opening import TracedOpening, traced_openings
from farm.core.verdicts import Reason
from farm.planning.board_setup import BoardSetup
from farm.planning.numbers import for_operation
from farm.planning.placement import Placements
from farm.planning.unique_ids import UniqueIds
from farm.planning.unrunnable import Unrunnable
from farm.sweeps.needs import Needs, architectures, needs
from tracer.device_config import DeviceConfig
from tracer.master.master import Master
from tracer.master.runnable import INSIDE, is_inside, unplaced_tensors
from tracer.names import find
from tracer.values import encode as encode_value
from tracer.values.configuration import BrokenConfiguration, Configuration

ID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Vector:
    """One configuration to run.

    Attributes:
        id: the first 16 digits of the configuration's content hash; with `-2`, `-3`, ... where a master holds the
            same configuration more than once.
        operation: the operation's dotted name.
        config_hash: tt-metal's hash of the configuration.
        content_hash: the hash of its canonical form; of a vector of a module, of module, suite and `input_hash`.
        device_config: how a board is opened for it: the plainest of `setup`.
        device_config_inferred: whether it was inferred, since the trace doesn't say.
        text: its encoded payload, which the worker gets.
        suite: its suite.
        sources: the models' tests it was seen in.
        lost: the arguments that the trace lost something of.
        setup: the kinds of boards that can run it, each with how it is opened.
        unrunnable: why it can't run, where the plan shows it.
        seconds: its expected duration, where the planner knows one.
        device_seconds: how long its kernels ran where a profiler measured them.
        needs: what it needs of an open board.
        openings: how boards were opened where it was traced; none if the trace doesn't say.
        timeout: seconds that it may take, where its module says so.
        former_hash: the `input_hash` that earlier versions of farm gave a vector of a module; "" if it isn't needed.
        archive: see `EncodedVector`; the store doesn't keep it.
        number: how many vectors it stands for, in a plan that is made only to be forecast.
    """

    id: str
    operation: str
    config_hash: str
    content_hash: str
    device_config: DeviceConfig
    device_config_inferred: bool
    text: str = field(compare=False)
    suite: str = MODEL_TRACED
    sources: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    setup: BoardSetup = field(default_factory=BoardSetup)
    unrunnable: Unrunnable | None = None
    seconds: float | None = None
    device_seconds: float | None = None
    needs: Needs = field(default_factory=Needs)
    openings: tuple[TracedOpening, ...] = ()
    timeout: float | None = None
    former_hash: str = ""
    archive: str | None = field(default=None, compare=False, repr=False)
    number: int = 1

    @property
    def former_content_hash(self) -> str:
        """The content hash that earlier versions of farm recorded; "" if it isn't needed, or the same."""
        if not self.former_hash:
            return ""
        former = hash_of_parts(self.operation, self.suite, self.former_hash)
        return "" if former == self.content_hash else former

    @property
    def payload(self) -> Payload:
        """Its payload, decoded from the text each time: only for an estimate by what is inside."""
        return decode(self.text)

    @property
    def kinds(self) -> frozenset[str]:
        """The names of the kinds of boards that can run it."""
        return self.setup.kinds

    def config_for(self, kind: str) -> DeviceConfig:
        """How a board of this kind is opened for it."""
        return self.setup.config_for(kind) or self.device_config

    def encoded(self, deadline: float | None = None) -> EncodedVector:
        """The vector as it travels to a board; `deadline` follows from the seconds that it took before."""
        return EncodedVector(self.id, self.operation, self.text, self.timeout, deadline, self.archive)


def hash_of_parts(*parts: str) -> str:
    """Return the content hash of what has no canonical form, such as a vector of a module."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def plan(
    master: Master,
    operations: Sequence[str] = (),
    kinds: Iterable[BoardKind] = tuple(KINDS.values()),
    modes: Sequence[str] = (),
    *,
    verify: bool = False,
    numbers: NumericOptions = USUAL_NUMBERS,
) -> list[Vector]:
    """Make a vector of each configuration of a master; broken ones become vectors that can't run.

    Args:
        master: where the configurations are.
        operations: names to select, in any spelling; all where none are given.
        kinds: the kinds of the boards that are there.
        modes: what to measure, of `farm.core.measures.MODES`.
        verify: whether to run them under the tracer and compare the new traces with the master's.
        numbers: how their numbers are made and judged on boards that compute.

    Raises:
        UnknownOperation: a name matches no operation.
        NothingSelected: the master, or the selection, is empty.
    """
    broken_in = {each.operation for each in master.broken}
    names = [name for name, each in master.configurations.items() if each or name in broken_in]
    chosen = list(dict.fromkeys(name for query in operations for name in find(query, names))) if operations else names
    ids = UniqueIds()
    placements = Placements(kinds)
    vectors = [
        _vector(configuration, placements, ids, tuple(modes), verify=verify, numbers=of_operation)
        for name in chosen
        for of_operation in (for_operation(numbers, name),)
        for configuration in master.configurations.get(name, ())
    ]
    vectors += [_broken(each, ids) for each in master.broken if each.operation in chosen]
    if not vectors:
        where = master.path or "the master"
        raise NothingSelected(f"{where} holds no configuration: trace a model first (farm trace PATH::TEST)")
    return vectors


def _vector(
    configuration: Configuration,
    placements: Placements,
    ids: UniqueIds,
    modes: tuple[str, ...],
    *,
    verify: bool,
    numbers: NumericOptions,
) -> Vector:
    vector_id = ids.unique(configuration.content_hash[:ID_LENGTH])
    openings = traced_openings(configuration.executions)
    archs = architectures(each.machine for each in configuration.executions)
    needed = needs(configuration.operation, configuration.arguments, _traced_mesh(configuration), archs)
    placement = placements.find(needed, openings)
    return Vector(
        id=vector_id,
        operation=configuration.operation,
        config_hash=configuration.config_hash,
        content_hash=configuration.content_hash,
        device_config=placement.config,
        device_config_inferred=not openings,
        text=encode(
            TracedCall(
                id=vector_id,
                operation=configuration.operation,
                arguments=configuration.encoded,
                names=tuple(configuration.names),
                output=None if configuration.output is None else encode_value(configuration.output),
                modes=modes,
                archs=needed.archs,
                verify=verify,
                openings=tuple(each.as_json() for each in openings),
                output_archs=() if configuration.output is None else archs,
                numbers=numbers,
                statistics=configuration.statistics,
                raised=configuration.raised,
            )
        ),
        sources=configuration.sources,
        lost=configuration.lost,
        setup=placement.setup,
        unrunnable=_not_callable(configuration) or placement.unrunnable,
        device_seconds=configuration.device_seconds,
        needs=placement.needs,
        openings=openings,
    )


def _not_callable(configuration: Configuration) -> Unrunnable | None:
    if is_inside(configuration.operation):
        return Unrunnable(Reason.UNKNOWN_OPERATION, f"{configuration.operation}: {INSIDE}")
    reason = "; ".join(unplaced_tensors(configuration))
    return Unrunnable(Reason.LOST_ARGUMENT, f"lost in the trace: {reason}") if reason else None


def _broken(broken: BrokenConfiguration, ids: UniqueIds) -> Vector:
    vector_id = ids.unique(f"{broken.operation}-{broken.index}")
    return Vector(
        id=vector_id,
        operation=broken.operation,
        config_hash="",
        content_hash="",
        device_config=DeviceConfig(),
        device_config_inferred=True,
        text=encode(Unreadable(vector_id, broken.operation, problem=str(broken), raw=broken.raw)),
        sources=broken.sources,
        unrunnable=Unrunnable(Reason.BROKEN_CONFIGURATION, str(broken)),
    )


def _traced_mesh(configuration: Configuration) -> Sequence[int] | None:
    for execution in configuration.executions:
        shape = (execution.machine or {}).get("mesh_device_shape")
        if isinstance(shape, list) and all(type(side) is int for side in shape):
            return shape
    return None
