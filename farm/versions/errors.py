"""The errors of getting a ttnn, each with the exit code of its base.

* FarmError (2: usage)
  * NoSuchVersion (2): no ttnn of this version was released
* NotRunnable (3)
  * NoWheel (3): ttnn has no wheel for this Python
  * NoInstaller (3): neither uv nor pip is there
  * IndexUnreachable (3): the package index doesn't answer
  * InstallFailed (3): the installer failed for another reason
  * NoTtnn (3): an interpreter has no ttnn that can be imported
"""

from __future__ import annotations

from farm.core.errors import FarmError, NotRunnable


class NoSuchVersion(FarmError):  # noqa: N818 - it names what happened, as NothingSelected does
    """No ttnn of this version was released."""


class NoWheel(NotRunnable):
    """ttnn has no wheel for this Python."""


class NoInstaller(NotRunnable):
    """Neither uv nor pip is there to make an environment."""


class IndexUnreachable(NotRunnable):
    """The package index doesn't answer."""


class InstallFailed(NotRunnable):
    """The installer failed for another reason; the message ends with its own words."""


class NoTtnn(NotRunnable):
    """An interpreter has no ttnn that can be imported."""
