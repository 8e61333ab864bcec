"""What is left of a run whose driver died, that was stopped, or that has failures worth another attempt.

All of it is in the results store. A vector with a verdict keeps it, unless it should be tried again; a vector with
attempts but no verdict continues with its next attempt. Nothing else runs twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from farm.board.backends import backend_named
from farm.board.selectors import parse_boards
from farm.core.attempt import Attempt
from farm.core.board import BoardKind
from farm.core.errors import NothingSelected
from farm.core.payload import ModuleVector, Payload, TracedCall, Unreadable, encode, from_json
from farm.core.traced_opening import TracedOpening
from farm.core.verdicts import Category, Reason, Verdict
from farm.planning.placement import Placements
from farm.planning.unrunnable import Unrunnable
from farm.planning.vectors import Vector
from farm.store import RunView, Store, VectorView
from farm.store.opening import store_option
from farm.sweeps.needs import Needs, needs
from tracer.device_config import DeviceConfig
from tracer.values import decode as decode_value

_STOPPED = (Reason.STOPPED, Reason.STOPPED_BY_LIMIT)
# reasons that another attempt would meet again
_FINAL = frozenset({Reason.BROKEN_CONFIGURATION, Reason.UNKNOWN_OPERATION, Reason.UNBINDABLE, Reason.LOST_ARGUMENT})


@dataclass(frozen=True, slots=True)
class PastAttempts:
    """What earlier drivers of the run recorded of a vector.

    Attributes:
        attempts: all of them, in the order of their numbers, which start at 1.
        forgiven: whether they no longer count against the vector, since the user asked to try it again.
    """

    attempts: tuple[Attempt, ...]
    forgiven: bool = False


@dataclass(frozen=True, slots=True)
class ResumedRun:
    """What is left of a run.

    Attributes:
        run_id: the run.
        vectors: the vectors to run.
        past: what is recorded of them, by id.
        done: how many vectors keep their verdicts.
    """

    run_id: str
    vectors: list[Vector]
    past: dict[str, PastAttempts]
    done: int


def resume_run(
    store: Store, run_id: str, kinds: Iterable[BoardKind], *, retry_failed: bool = False, retry_infra: bool = False
) -> ResumedRun:
    """Read what is left of a run: vectors without a verdict, vectors that a stop left over, and those to try again.

    Args:
        store: the results store that has the run.
        run_id: the run.
        kinds: the kinds of the boards that take part now.
        retry_failed: try failed vectors again; one that passes then is flaky.
        retry_infra: try vectors again that a fault kept from a verdict of their own.

    Raises:
        NothingSelected: nothing is left.
        StoreError: there is no such run.
    """
    view = store.view(run_id)
    payloads = dict(store.payloads(run_id))
    placements = Placements(kinds)
    vectors, past = [], {}
    for each in view.vectors:
        if each.concluded and not _should_retry(each, retry_failed=retry_failed, retry_infra=retry_infra):
            continue
        vectors.append(_vector(each, from_json(payloads[each.vector_id]), placements))
        if each.history:
            past[each.vector_id] = _past_attempts(each)
    if not vectors:
        again = f"; to run it again: farm sweep --from {run_id}{store_option(store.place)}"
        if retry_failed and retry_infra:
            advice = f", and nothing in it failed{again}"
        elif retry_failed:
            advice = f", and no vector of it failed{again}"
        elif retry_infra:
            advice = f", and no fault kept a vector of it from a verdict{again}"
        else:
            advice = ": add --retry-failed or --retry-infra to try some again"
        raise NothingSelected(f"run {run_id} is complete{advice}")
    return ResumedRun(run_id, vectors, past, len(view.vectors) - len(vectors))


def board_selector_of(view: RunView) -> str | None:
    """The `--boards` selector of a run's boards; None if they were real ones, which only their host has."""
    spec = view.run.spec
    if spec is not None and any(each.carves for each in parse_boards(spec.boards)):
        return spec.boards  # the boards of the run shared chips, and took turns
    boards = Counter(
        f"{board.backend}:{board.kind}" for board in view.run.boards if backend_named(board.backend).anywhere
    )
    if not boards or boards.total() != len(view.run.boards):
        return None
    return ",".join(f"{kind}*{count}" for kind, count in boards.items())


def without_own_verdict(verdict: Verdict) -> bool:
    """Whether a verdict says nothing about the vector: it did not run, or a fault came first."""
    return verdict.category in (Category.NOT_RUN, Category.FAULT)


def _should_retry(vector: VectorView, *, retry_failed: bool, retry_infra: bool) -> bool:
    """Whether a vector with a verdict is tried again."""
    if vector.verdict is Verdict.NOT_RUN and vector.reason in _STOPPED:
        return True
    if without_own_verdict(vector.verdict):
        return retry_infra and vector.reason not in _FINAL
    return retry_failed and vector.verdict.failed


def _past_attempts(vector: VectorView) -> PastAttempts:
    attempts = tuple(Attempt(each.number, each.board, each.outcome(vector.vector_id)) for each in vector.history)
    # a good attempt that a dying driver still recorded stands, whatever verdict was there before
    return PastAttempts(attempts, forgiven=vector.concluded and not attempts[-1].outcome.verdict.good)


def _vector(view: VectorView, payload: Payload, placements: Placements) -> Vector:
    config = DeviceConfig.from_json(view.device_config)
    openings = () if view.device_config_inferred else _openings(payload, config)
    placement = placements.find(_needs(payload, config), openings)
    unrunnable = placement.unrunnable
    if isinstance(payload, Unreadable):
        unrunnable = Unrunnable(Reason.BROKEN_CONFIGURATION, view.message or "the configuration can't be read")
    return Vector(
        id=view.vector_id,
        operation=view.operation,
        config_hash=view.config_hash,
        content_hash=view.current_hash,
        device_config=config,
        device_config_inferred=view.device_config_inferred,
        text=encode(payload),
        suite=payload.suite,
        timeout=payload.timeout if isinstance(payload, ModuleVector) else None,
        sources=tuple(view.sources),
        lost=tuple(view.inexact),
        setup=placement.setup,
        unrunnable=unrunnable,
        needs=placement.needs,
        openings=openings,
    )


def _openings(payload: Payload, config: DeviceConfig) -> tuple[TracedOpening, ...]:
    """How boards were opened where a vector was traced; a run of an older farm recorded only the device config."""
    encoded = payload.openings if isinstance(payload, TracedCall | ModuleVector) else ()
    return tuple(map(TracedOpening.from_json, encoded)) or (TracedOpening(config),)


def _needs(payload: Payload, config: DeviceConfig) -> Needs:
    """What a vector needed when it was planned; where its device config was inferred, that has its mesh."""
    if isinstance(payload, TracedCall):
        arguments = {name: decode_value(raw) for name, raw in payload.arguments.items()}
        return replace(needs(payload.operation, arguments, archs=payload.archs), mesh=config.mesh_shape)
    return Needs(config.mesh_shape, payload.grid if isinstance(payload, ModuleVector) else (1, 1))
