"""What GitLab gets: failures as code quality findings, and links to the runs' pages beside the job's log."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from farm.core.errors import FarmError
from farm.report.digest import Group, digest_run
from farm.report.text import first_line, printable, shortened
from farm.store import RunView

QUALITY, LINKS = "gl-code-quality-report.json", "gl-annotations.json"
"""For `artifacts:reports:codequality` and `artifacts:reports:annotations`."""
MAX_FINDINGS = 200


def in_gitlab() -> bool:
    """Return whether this process runs in a GitLab job."""
    return os.environ.get("GITLAB_CI") == "true"


def quality(views: Sequence[RunView], root: Path) -> list[dict[str, Any]]:
    """Return a finding for each group of failures, as GitLab's code quality report has them.

    A failure that stays the same keeps its fingerprint, so that a merge request shows which failures are new.

    Args:
        views: the runs.
        root: the checkout: findings name files in it.
    """
    findings: dict[str, dict[str, Any]] = {}
    for view in views:
        for group in digest_run(view).failures[:MAX_FINDINGS]:
            place = _place(view, root)
            identity = "\0".join(
                [place, group.verdict.value, group.signature, *sorted(name for name, _ in group.operations)]
            )
            fingerprint = hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()
            findings.setdefault(fingerprint, _finding(group, place, fingerprint))
    return list(findings.values())


def _finding(group: Group, place: str, fingerprint: str) -> dict[str, Any]:
    severity = "critical" if group.verdict.traits.critical else "major" if group.verdict.failed else "info"
    return {
        "description": failure_line(group, 500),
        "check_name": f"farm.{group.verdict.value}",
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": place, "lines": {"begin": 1}},
    }


def failure_line(group: Group, limit: int = 300) -> str:
    """Return a group of failures as one line: number, verdict, operations and message."""
    names = ", ".join(f"{first_line(name)} ({count})" for name, count in group.operations[:5])
    more = f" and {len(group.operations) - 5} more" if len(group.operations) > 5 else ""
    message = first_line(printable(group.example.message[:4000])) or "(no message)"
    return shortened(f"{group.count} {group.verdict.value}: {names}{more}: {message}", limit)


def _place(view: RunView, root: Path) -> str:
    """Return the file that a run's vectors come from, relative to the repository."""
    path = Path(view.run.source or "master.json")
    try:
        return (root / path).resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.name


def links(views: Sequence[RunView], out: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return a link to each run's page in the job's artifacts, where `farm merge --out` wrote one.

    Args:
        views: the runs.
        out: the directory of the reports.
        environment: GitLab's variables.
    """
    job = environment.get("CI_JOB_URL", "")
    root = Path(environment.get("CI_PROJECT_DIR") or ".").resolve()
    sections = []
    for view in views:
        for page in (out / view.run.id / "report.html", out / "report.html"):
            if job and page.is_file() and page.resolve().is_relative_to(root):
                url = f"{job}/artifacts/file/{page.resolve().relative_to(root).as_posix()}"
                sections.append({"external_link": {"label": shortened(digest_run(view).headline, 200), "url": url}})
                break
    return {"farm": sections} if sections else {}


def write_artifacts(views: Sequence[RunView], out: Path) -> list[Path]:
    """Write the files that a job passes to GitLab as its reports, and return their paths.

    Raises:
        FarmError: they can't be written.
    """
    root = Path(os.environ.get("CI_PROJECT_DIR") or ".")
    texts = {QUALITY: quality(views, root), LINKS: links(views, out, os.environ)}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in texts.items():
            (out / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise FarmError(f"{out}: GitLab's reports can't be written ({error.strerror or error})") from error
    return [out / name for name in texts]
