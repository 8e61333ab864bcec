"""The open mesh of the test session, for sweep modules that a test runs in its own process."""

from __future__ import annotations

from typing import Any

mesh: Any = None
