"""Templates of pages that compare runs: text from anywhere is shown harmlessly, and the style is the report's."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from farm.report.text import printable


@lru_cache(maxsize=4)
def templates(package: str) -> Environment:
    """The templates in the folder `static` of a package."""
    loader = PackageLoader(package, "static")
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )


def style(*own: str) -> Markup:
    """The report's style, followed by that of pages that compare runs.

    Args:
        own: further files of style, each as `PACKAGE/FILE` in the package's folder `static`.
    """
    names = ("farm.report.page/page.css", "farm.report.page/comparison.css", *own)
    return Markup("".join(map(static_text, names)))  # noqa: S704 - our own files


def static_text(name: str) -> str:
    """The text of `PACKAGE/FILE` in the package's folder `static`."""
    package, _, file = name.partition("/")
    return (files(package) / "static" / file).read_text(encoding="utf-8")


def _harmless(value: Any) -> Any:
    """Take the control characters out of every text that the page shows; our own markup is no plain text."""
    return printable(value) if type(value) is str else value
