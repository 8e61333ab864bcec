"""What the settings without a value of their own mean on this host."""

from __future__ import annotations

import sys

from farm.core.settings import Settings


def effective_defaults(settings: Settings) -> dict[str, str]:
    """Return the values that farm uses in place of those that are not set, by setting."""
    from farm.cluster.hosts.expected import default_name
    from farm.store import default_place

    defaults = {"store": str(default_place()), "name": default_name(), "python": sys.executable}
    return defaults if settings.jobs_url is None else {**defaults, "jobs": settings.jobs_url}
