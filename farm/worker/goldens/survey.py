"""The goldens of this interpreter's ttnn, without a board: `python -m farm.worker.goldens.survey FILE`.

Writes `GoldenSurvey.as_json`. Each golden is called with small arguments of each overload: with the required ones, and
with all that change what is computed. ttnn itself prints to the standard streams, so the answer goes to a file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from farm.core.golden_survey import GoldenClass, GoldenSurvey
from farm.core.verdicts import Reason
from tracer.signatures import Overload, overloads

_EXPERIMENTAL = "ttnn.experimental."
_CLASSES = {
    Reason.NO_GOLDEN: GoldenClass.NO_GOLDEN,
    Reason.GOLDEN_NEEDS_MORE: GoldenClass.GOLDEN_NEEDS_MORE,
    Reason.GOLDEN_RAISED: GoldenClass.GOLDEN_RAISES,
}
_BEST_FIRST = (
    GoldenClass.COMPARED,
    GoldenClass.GOLDEN_SKIPS,
    GoldenClass.GOLDEN_NEEDS_MORE,
    GoldenClass.GOLDEN_RAISES,
    GoldenClass.NO_GOLDEN,
)
"""Of what comes of a golden with different arguments, the first one is its class."""


def main() -> int:
    """Answer; the exit code is 1 where torch or ttnn can't be imported, and the last line on stderr says why."""
    try:
        import torch  # noqa: F401 - ttnn's goldens are torch code
    except ImportError as error:
        sys.stderr.write(f"ttnn's goldens need torch: {error}\n")
        return 1
    try:
        import ttnn  # noqa: F401 - to tell a missing ttnn from a broken survey
    except ImportError as error:
        sys.stderr.write(f"ttnn can't be imported: {error}\n")
        return 1
    Path(sys.argv[1]).write_text(json.dumps(survey().as_json()), encoding="utf-8")
    return 0


def survey() -> GoldenSurvey:
    """Classify all operations that ttnn registers."""
    import ttnn

    from farm.worker.installed_ttnn import ttnn_version

    classes: dict[str, GoldenClass] = {}
    problems: dict[str, str] = {}
    for operation in ttnn.query_registered_operations(include_experimental=True):
        name = operation.python_fully_qualified_name
        classes[name], problem = class_of(operation)
        if problem:
            problems[name] = problem
    return GoldenSurvey(
        ttnn_version(),
        {name: each for name, each in classes.items() if not name.startswith(_EXPERIMENTAL)},
        {name: each for name, each in classes.items() if name.startswith(_EXPERIMENTAL)},
        problems,
    )


def class_of(operation: Any) -> tuple[GoldenClass, str]:
    """Return an operation's class, and what is wrong where it is broken."""
    from farm.worker.goldens.parameters import GoldenMisfit
    from farm.worker.goldens.tables import NEEDS_MORE, SKIPS, SPANS_CHIPS

    name = operation.python_fully_qualified_name
    if operation.golden_function is None:
        return GoldenClass.NO_GOLDEN, ""
    try:
        _bind_names(operation)
        found = set(tries(operation))
    except GoldenMisfit as error:
        return GoldenClass.BROKEN, str(error)
    if name in SKIPS:
        return GoldenClass.GOLDEN_SKIPS, ""
    if name in NEEDS_MORE:
        return GoldenClass.GOLDEN_NEEDS_MORE, ""
    if name in SPANS_CHIPS:
        return GoldenClass.SPANS_CHIPS, ""
    return min(found, key=_BEST_FIRST.index), ""


def tries(operation: Any) -> Iterator[GoldenClass]:
    """Call an operation's golden with small arguments, and yield what comes of each call.

    Raises:
        GoldenMisfit: farm can't call it.
    """
    for overload in overloads(operation):
        for optional in (False, True):
            yield _try(operation, overload, optional=optional)


def _try(operation: Any, overload: Overload, *, optional: bool) -> GoldenClass:
    from farm.worker.execution import LiveCall
    from farm.worker.goldens.calling import GoldenCall, NotCompared
    from farm.worker.goldens.policy import is_skipped
    from farm.worker.goldens.synthesis import Unsynthesizable, synthesized

    try:
        keywords = synthesized(operation.python_fully_qualified_name, overload, optional=optional)
    except Unsynthesizable:
        return GoldenClass.GOLDEN_NEEDS_MORE
    try:
        golden = GoldenCall.of(operation, LiveCall((), keywords, (), keywords)).on_chip(0)
    except NotCompared as error:
        return _CLASSES[error.reason]
    leaves = [each for each in _leaves(golden) if each is not None]
    return GoldenClass.GOLDEN_SKIPS if all(map(is_skipped, leaves)) else GoldenClass.COMPARED


def _bind_names(operation: Any) -> None:
    """Match the names of each overload's parameters, required and all, to the golden's.

    Raises:
        GoldenMisfit: a parameter that the golden requires finds none.
    """
    from farm.worker.goldens.parameters import golden_arguments

    name, golden = operation.python_fully_qualified_name, operation.golden_function
    for overload in overloads(operation):
        named = [each for each in overload.parameters if each.kind not in ("var_positional", "var_keyword")]
        for parameters in ([each for each in named if not each.has_default], named):
            golden_arguments(name, golden, overload, (), {each.name: each.name for each in parameters})


def _leaves(golden: Any) -> Iterable[Any]:
    if isinstance(golden, dict):
        golden = list(golden.values())
    if isinstance(golden, (list, tuple)):
        for each in golden:
            yield from _leaves(each)
    else:
        yield golden


if __name__ == "__main__":
    sys.exit(main())
