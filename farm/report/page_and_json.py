"""The files of a report about several runs: a page and JSON of one name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from farm.core.errors import FarmError
from farm.core.files import write_atomically
from farm.report.files import make_directory
from farm.report.json_text import json_text
from farm.store.view import Model

Report = TypeVar("Report", bound=Model)


@dataclass(frozen=True, slots=True)
class PageAndJson(Generic[Report]):
    """Writes reports of one kind as `NAME.html` and `NAME.json`.

    Attributes:
        name: the files' name, without its ending.
        page: makes the page of a report.
    """

    name: str
    page: Callable[[Report], str]

    def json(self, report: Report) -> str:
        """Return a report as JSON."""
        return json_text(report.model_dump(mode="json"))

    def paths(self, out: Path) -> list[Path]:
        """Return the paths that `write` writes."""
        return [out / f"{self.name}.html", out / f"{self.name}.json"]

    def write(self, report: Report, out: Path) -> list[Path]:
        """Write a report's page and JSON, and return their paths.

        Args:
            report: the report.
            out: the folder; it is created if needed, and files of the same name are replaced.

        Raises:
            FarmError: the folder can't be written.
        """
        make_directory(out)
        paths = self.paths(out)
        try:
            for path, text in zip(paths, (self.page(report), self.json(report)), strict=True):
                write_atomically(path, text)
        except OSError as error:
            raise FarmError(f"{out}: the report can't be written ({error.strerror}): choose another folder") from error
        return paths
