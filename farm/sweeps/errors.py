"""Errors about sweep modules and traced configurations.

* FarmError
  * ModuleError: a sweep module, or one of its suites, breaks the contract
  * TracedConfigError: a traced configuration isn't what a module expects
  * Unencodable: a value can't be written down
"""

from __future__ import annotations

from farm.core.errors import FarmError


class ModuleError(FarmError):
    """A sweep module can't be imported, or breaks the contract; the text says how."""


class TracedConfigError(FarmError):
    """A traced configuration is unknown, or has another number of tensors than expected."""


class Unencodable(FarmError):  # noqa: N818 - it is also kept as a value: the reason why there is none
    """A value can't be written down so that it reads back the same."""
