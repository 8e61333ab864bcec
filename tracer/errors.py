"""Every error the tracer raises on purpose.

* TracerError
  * MasterError: a master file can't be read or written
  * ConfigurationError: one configuration in a master doesn't make sense
  * UnknownOperation: a name matches no operation
  * CaptureError: a test can't be traced
  * RebuildError: a value can't be made into a live object
  * RebuildMismatchError: a live object is not what was traced
"""

from __future__ import annotations


class TracerError(Exception):
    """Base of the tracer's errors; its text is one line that says where and what to do."""


class MasterError(TracerError):
    """A master file is missing, unreadable, not JSON, or of no known schema."""


class ConfigurationError(TracerError):
    """One configuration holds something no known schema allows; names operation, index and argument."""


class UnknownOperation(TracerError):  # noqa: N818 - it names the finding, as LookupError does
    """No operation of the master has this name; the text offers the nearest ones."""


class CaptureError(TracerError):
    """A model's test can't be traced: the path is missing, or its run failed before any operation."""


class RebuildError(TracerError):
    """This ttnn can't make an object: it has no such class, field or enum member."""


class RebuildMismatchError(TracerError):
    """A rebuilt object differs from the traced one: a fault of this project, never of the test."""
