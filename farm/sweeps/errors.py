"""What can be wrong with sweep modules and traced configurations.

* FarmError
  * ModuleError: a sweep module, or one of its suites, doesn't keep to the contract
  * TracedConfigError: a traced configuration isn't what a module takes it for
  * Unencodable: a value can't be written down
"""

from __future__ import annotations

from farm.core.errors import FarmError


class ModuleError(FarmError):
    """A sweep module doesn't import or keep to the contract; the text names what is wrong with it."""


class TracedConfigError(FarmError):
    """A traced configuration is unknown, or has another number of tensors than was asked for."""


class Unencodable(FarmError):  # noqa: N818 - it names the finding
    """A value can't be written down so that it reads back the same."""
