"""The errors that the tracer raises on purpose.

* TracerError
  * MasterError: a master file can't be read or written
    * TraceFormatError: a file is no trace of any format that is read, or can't be read to its end
  * ConfigurationError: one configuration in a master doesn't make sense
  * UnknownOperation: a name matches no operation
  * CaptureError: a test can't be traced
  * RebuildError: a value can't be made into a live object
  * RebuildMismatchError: a live object is not what was traced
"""

from __future__ import annotations


class TracerError(Exception):
    """Base of the tracer's errors; the text is one line that says where, and what to do next."""


class MasterError(TracerError):
    """A master file is missing, unreadable, not JSON, or of no known schema."""


class TraceFormatError(MasterError):
    """A file is a trace of no format that is read, or can't be read to its end."""


class ForeignFileError(TraceFormatError):
    """A file begins as a format does, but another program wrote it."""


class ConfigurationError(TracerError):
    """One configuration holds something that no schema allows."""


class UnknownOperation(TracerError):  # noqa: N818 - callers catch it by this name
    """No operation of the master has this name; the text offers the nearest ones."""


class CaptureError(TracerError):
    """A model's test can't be traced: the path is missing, or its run failed before any operation."""


class RebuildError(TracerError):
    """This ttnn can't make an object: it has no such class, field or enum member."""


class RebuildMismatchError(TracerError):
    """A rebuilt object differs from the traced one: a fault of this project, never of the test."""
