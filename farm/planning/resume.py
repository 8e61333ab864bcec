"""Taking up a run again whose driver died, was stopped, or left failures worth another try.

Everything needed is in the results store. What is recorded is not run again: a vector with a verdict keeps it, unless
it is to be tried again, and a vector with attempts but no verdict goes on with the next attempt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from farm.board.backends import backend_named
from farm.core.attempt import Attempt
from farm.core.board import BoardKind
from farm.core.errors import NothingSelected
from farm.core.payload import ModuleVector, Payload, TracedCall, Unreadable, encode, from_json
from farm.core.verdicts import Reason, Verdict
from farm.planning.placement import Placements
from farm.planning.vectors import Vector
from farm.store import RunView, Store, VectorView
from farm.sweeps.needs import Needs, needs
from tracer.device_config import DeviceConfig
from tracer.values import decode as decode_value

INFRA = frozenset({Verdict.NOT_RUN, Verdict.BOARD_FAULT, Verdict.HOST_FAULT, Verdict.FARM_FAULT})
"""Verdicts that say nothing of the vector."""
_STOPPED = (Reason.STOPPED, Reason.STOPPED_BY_LIMIT)
# another try would end the same
_FINAL = frozenset({Reason.BROKEN_CONFIGURATION, Reason.UNKNOWN_OPERATION, Reason.UNBINDABLE, Reason.LOST_ARGUMENT})


@dataclass(frozen=True, slots=True)
class PastAttempts:
    """What an earlier driver of the run recorded of a vector.

    Attributes:
        attempts: all of them, by number from 1 on.
        forgiven: they don't count against the vector any more: it was asked to be tried again.
    """

    attempts: tuple[Attempt, ...]
    forgiven: bool = False


@dataclass(frozen=True, slots=True)
class ResumedRun:
    """What is left of a run.

    Attributes:
        run_id: the run.
        vectors: what is to be run.
        past: what is recorded of them, by id.
        done: vectors that keep their verdicts.
    """

    run_id: str
    vectors: list[Vector]
    past: dict[str, PastAttempts]
    done: int


def resume_run(
    store: Store, run_id: str, kinds: Iterable[BoardKind], *, retry_failed: bool = False, retry_infra: bool = False
) -> ResumedRun:
    """What is left of a run: vectors without a verdict, those that a stop kept from running, and those to try again.

    Args:
        store: where the run is.
        run_id: its id.
        kinds: the kinds of the boards that are there now.
        retry_failed: try failed vectors again; one that passes then is flaky.
        retry_infra: try vectors again that faults kept from a verdict of their own.

    Raises:
        NothingSelected: nothing is left.
        StoreError: there is no such run.
    """
    view = store.view(run_id)
    payloads = dict(store.payloads(run_id))
    placements = Placements(kinds)
    vectors, past = [], {}
    for each in view.vectors:
        again = _again(each, retry_failed=retry_failed, retry_infra=retry_infra)
        if each.concluded and not again:
            continue
        vectors.append(_vector(each, from_json(payloads[each.vector_id]), placements))
        if each.history:
            attempts = tuple(
                Attempt(tried.number, tried.board, tried.outcome(each.vector_id)) for tried in each.history
            )
            # a good attempt that a driver recorded as it died stands, whatever the verdict says that was there before
            forgiven = each.concluded and not attempts[-1].outcome.verdict.good
            past[each.vector_id] = PastAttempts(attempts, forgiven=forgiven)
    if not vectors:
        more = "" if retry_failed and retry_infra else ": add --retry-failed or --retry-infra to try some again"
        raise NothingSelected(f"run {run_id} is complete{more}")
    return ResumedRun(run_id, vectors, past, len(view.vectors) - len(vectors))


def boards_of(view: RunView) -> str | None:
    """What to give `--boards` for the boards of a run again; None where they are real ones, which this host has."""
    made = Counter(
        f"{board.backend}:{board.kind}" for board in view.run.boards if backend_named(board.backend).anywhere
    )
    if not made or made.total() != len(view.run.boards):
        return None
    return ",".join(f"{kind}*{count}" for kind, count in made.items())


def _again(vector: VectorView, *, retry_failed: bool, retry_infra: bool) -> bool:
    if vector.verdict is Verdict.NOT_RUN and vector.reason in _STOPPED:
        return True
    if vector.verdict in INFRA:
        return retry_infra and vector.reason not in _FINAL
    return retry_failed and vector.verdict.failed


def _vector(view: VectorView, payload: Payload, placements: Placements) -> Vector:
    config = DeviceConfig.from_json(view.device_config)
    placement = placements.find(_needs(payload, config), None if view.device_config_inferred else config)
    unrunnable = placement.unrunnable
    if isinstance(payload, Unreadable):
        unrunnable = (Reason.BROKEN_CONFIGURATION, view.message or "the configuration can't be read")
    return Vector(
        id=view.vector_id,
        operation=view.operation,
        config_hash=view.config_hash,
        content_hash=view.content_hash,
        device_config=config,
        device_config_inferred=view.device_config_inferred,
        text=encode(payload),
        timeout=payload.timeout if isinstance(payload, ModuleVector) else None,
        sources=tuple(view.sources),
        lost=tuple(view.inexact),
        setup=placement.setup,
        unrunnable=unrunnable,
        needs=placement.needs,
    )


def _needs(payload: Payload, config: DeviceConfig) -> Needs:
    """What a vector needed as it was planned: the config that was recorded tells its mesh."""
    if isinstance(payload, TracedCall):
        arguments = {name: decode_value(raw) for name, raw in payload.arguments.items()}
        return replace(needs(payload.operation, arguments, archs=payload.archs), mesh=config.mesh_shape)
    return Needs(config.mesh_shape, payload.grid if isinstance(payload, ModuleVector) else (1, 1))
