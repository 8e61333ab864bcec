"""What the report page shows of a chosen vector: its whole configuration, message, attempts and history.

Texts repeat a lot, so each is sent once, in a list; everything else names it by its index there.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from farm.core.mismatch import Mismatch
from farm.core.outcome import Outcome
from farm.report.context import RunContext
from farm.report.mismatch_text import excerpt_rows, mismatch_facts
from farm.report.text import first_line, printable, shortened
from farm.store.view import AttemptView, RunView, VectorView

LONGEST_MESSAGE = 20_000
"""Characters of a message that the page has."""


def script_json(value: object) -> str:
    """Return JSON that can't end the script element around it: ASCII, without `<`, `>` or `&`."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def vector_details(view: RunView, context: RunContext) -> dict[str, Any]:
    """Return the details of every vector by its id, with the texts and the ids of earlier runs that they refer to."""
    texts = _Texts()
    vectors = {first_line(vector.vector_id): _details(vector, context, texts) for vector in view.vectors}
    runs = [first_line(tally.run.id) for tally in context.runs]
    return {"texts": texts.all, "runs": runs, "vectors": vectors}


class _Texts:
    """Texts, each once."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._indices: dict[str, int] = {}

    def index(self, text: str) -> int:
        """Return the index of a text in `all`."""
        index = self._indices.get(text)
        if index is None:
            index = self._indices[text] = len(self.all)
            self.all.append(text)
        return index


def _details(vector: VectorView, context: RunContext, texts: _Texts) -> dict[str, Any]:
    runs = {tally.run.id: index for index, tally in enumerate(context.runs)}
    history = [
        (runs[past.run_id], past.verdict.value, round(past.seconds, 4))
        for past in context.past.get(vector.current_id, ())
    ]
    last = vector.history[-1].outcome(vector.vector_id) if vector.history else None
    config = ", ".join(f"{key} {value}" for key, value in _opened(vector, last).items())
    return {
        "configuration": [texts.index(line) for line in context.configurations.get(vector.vector_id, ())],
        "reason": vector.reason.value,
        "message": texts.index(_message(vector.message)),
        "hash": first_line(vector.config_hash),
        "opened": texts.index(first_line(config) + (" (inferred)" if vector.device_config_inferred else "")),
        "sources": [texts.index(first_line(source)) for source in vector.sources],
        "inexact": [first_line(argument) for argument in vector.inexact],
        "left_out": [texts.index(first_line(each)) for each in (last.left_out if last else ())],
        "tolerance": texts.index(first_line(last.tolerance if last else "")),
        "mismatch": None if last is None or last.mismatch is None else _mismatch(last.mismatch, texts),
        "attempts": [_attempt(attempt, texts) for attempt in vector.history],
        "history": history,
    }


def _mismatch(mismatch: Mismatch, texts: _Texts) -> dict[str, Any]:
    rows = [(row.index, row.expected, row.actual, row.error) for row in excerpt_rows(mismatch)]
    return {
        "facts": [(texts.index(name), texts.index(text)) for name, text in mismatch_facts(mismatch)],
        "excerpt": [[texts.index(text) for text in row] for row in rows],
    }


def _opened(vector: VectorView, last: Outcome | None) -> dict[str, Any]:
    """Return how the board of the last attempt was opened; before any attempt, how one would be."""
    used = None if last is None else last.device_config
    return vector.device_config if used is None else used.as_json()


def _attempt(attempt: AttemptView, texts: _Texts) -> list[Any]:
    metrics = ", ".join(
        f"{key} {value:.6g}" for key, value in attempt.metrics.items() if isinstance(value, (int, float))
    )
    return [
        attempt.number,
        texts.index(first_line(attempt.board)),
        attempt.verdict.value,
        attempt.reason.value,
        texts.index(_clock(attempt.started)),
        round(attempt.seconds, 4),
        texts.index(_message(attempt.message)),
        texts.index(first_line(metrics)),
        texts.index(first_line(attempt.ttnn_version or "")),
        texts.index(_message(_chips(attempt))),
    ]


def _chips(attempt: AttemptView) -> str:
    telemetry = attempt.outcome("").telemetry
    return "" if telemetry is None else "\n".join(telemetry.lines())


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _message(text: str) -> str:
    return shortened(printable(text[: LONGEST_MESSAGE * 2]), LONGEST_MESSAGE)
