"""The file of the boards' holds on the farm's head. It outlives the registry, and its damage costs nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from farm.cluster.registry.entries import BY_FARM, Hold
from farm.core.files import set_aside, write_state
from farm.core.plain_words import reason_of


class HoldsFile:
    """Reads and writes holds; an error of the disk becomes a note for people.

    Attributes:
        path: the file.
        notes: what people should know: what was damaged, and whether holds are saved.
        is_saved: whether the file has the holds that were last given to `write`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_saved = True
        self._damage = ""
        self._unsaved = ""
        self._is_unread = False  # there may be holds in the file that are not known here: it must not be replaced

    @property
    def notes(self) -> list[str]:
        """See the class."""
        return [note for note in (self._damage, self._unsaved) if note]

    def read(self) -> dict[str, Hold]:
        """The holds. A damaged file is set aside; a board whose own hold is damaged stays held."""
        self._is_unread = False
        try:
            raw = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            self._leave_unread(f"{self.path} can't be read: {reason_of(error)}")
            return {}
        except (ValueError, RecursionError) as error:
            self._set_aside(reason_of(error))
            return {}
        if not isinstance(raw, dict):
            self._set_aside("it has no boards by name")
            return {}
        entries = {board: _hold(fields) for board, fields in raw.items()}
        holds = {board: hold for board, hold in entries.items() if hold is not None}
        if damaged := sorted(entries.keys() - holds.keys()):
            aside = self._set_aside(f"the holds of {', '.join(damaged)} are damaged")
            why = f"its hold was damaged; see {aside or self.path}"
            holds |= {board: Hold(why, BY_FARM, time.time()) for board in damaged}
            self.write(holds)
        return holds

    def write(self, holds: Mapping[str, Hold]) -> None:
        """Write the holds; where that fails, `is_saved` is false until a later call succeeds."""
        self.is_saved = False
        if self._is_unread:
            return
        try:
            write_state(self.path, json.dumps({board: asdict(hold) for board, hold in holds.items()}, indent=1))
        except OSError as error:
            self._unsaved = f"holds can't be saved: {self.path}: {reason_of(error)}; they end with the registry"
        else:
            self._unsaved, self.is_saved = "", True

    def retry(self, holds: Mapping[str, Hold]) -> dict[str, Hold]:
        """Read what could not be read before, and write what could not be written.

        Returns:
            The holds, with those that could be read only now.
        """
        if self._is_unread:
            self._unsaved = ""
            holds = {**self.read(), **holds}
        self.write(holds)
        return dict(holds)

    def _leave_unread(self, why: str) -> None:
        self._is_unread, self.is_saved = True, False
        self._unsaved = f"{why}: boards that it holds may be used, and new holds are not saved"

    def _set_aside(self, reason: str) -> Path | None:
        try:
            aside = set_aside(self.path)
        except OSError as error:
            self._leave_unread(f"{self.path} is damaged ({reason}), and can't be renamed ({reason_of(error)})")
            return None
        self._damage = f"{self.path} was damaged ({reason}), and is now {aside.name}: boards may have lost their holds"
        return aside


_HOLD = TypeAdapter(Hold)


def _hold(fields: object) -> Hold | None:
    """A hold; None where it is damaged. Fields of a newer farm are ignored."""
    try:
        return _HOLD.validate_python(fields)
    except ValidationError:
        return None
