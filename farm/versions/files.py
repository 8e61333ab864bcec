"""The files of an upgrade's report: a page and JSON."""

from __future__ import annotations

from pathlib import Path

from farm.report.files import write_texts
from farm.report.json_text import json_text
from farm.versions.page import upgrade_html
from farm.versions.report import UpgradeReport


def upgrade_json(report: UpgradeReport) -> str:
    """Return the report as JSON."""
    return json_text(report.model_dump(mode="json"))


def upgrade_paths(out: Path) -> list[Path]:
    """Return the paths that `write_upgrade` writes."""
    return [out / "upgrade.html", out / "upgrade.json"]


def write_upgrade(report: UpgradeReport, out: Path) -> list[Path]:
    """Write the report's page and JSON, and return their paths.

    Args:
        report: the report.
        out: the folder; it is created if needed, and files of the same name are replaced.

    Raises:
        FarmError: the folder can't be written.
    """
    paths = upgrade_paths(out)
    write_texts(out, zip(paths, (upgrade_html(report), upgrade_json(report)), strict=True))
    return paths
