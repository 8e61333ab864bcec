"""The inventory in the settings: what each host is expected to have, by its name in the farm."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


def _entries(value: Any) -> Any:
    """The entries of a list that is written as one text."""
    return value.split(",") if isinstance(value, str) else value


def _check_versions(text: str) -> str:
    try:
        _specifier(text)
    except InvalidSpecifier:
        raise ValueError(f"{text!r} is no version; write it as 2.4.1, '==19.6.*' or '>=2.4,<3'") from None
    return text


def _specifier(text: str) -> SpecifierSet:
    return SpecifierSet(f"=={text}" if text[:1].isdigit() else text)


Versions = Annotated[str, AfterValidator(_check_versions)]
"""A version, or a PEP 440 specifier of several; "" for any."""


class ExpectedHost(BaseModel):
    """What one host is expected to have: a table `[hosts.NAME]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    expect: Annotated[tuple[str, ...], BeforeValidator(_entries)] = Field(
        default=(), description="Its boards, each as `--expect` takes it: n300*4."
    )
    driver: Versions = Field(default="", description="The version of its kernel driver.")
    firmware: Versions = Field(default="", description="The version of its boards' firmware bundle.")


def expected_host(hosts: Mapping[str, ExpectedHost], name: str) -> ExpectedHost:
    """What is expected of a host: its own entry, else the first one whose name is a pattern that matches.

    >>> hosts = {"lab*": ExpectedHost(expect=("n300*4",)), "lab9": ExpectedHost()}
    >>> [expected_host(hosts, name).expect for name in ("lab1", "lab9", "attic")]
    [('n300*4',), (), ()]

    Args:
        hosts: the inventory.
        name: the host's name in the farm.
    """
    if name in hosts:
        return hosts[name]
    return next((host for pattern, host in hosts.items() if fnmatchcase(name, pattern)), ExpectedHost())


def is_expected_version(version: str, expected: str) -> bool:
    """Whether a version is one that is expected. What is no version is compared as text.

    >>> is_expected_version("19.6.0", "==19.6.*"), is_expected_version("2.0.0", ">=2.4"), is_expected_version("x", "2")
    (True, False, False)
    """
    try:
        return _specifier(expected).contains(Version(version), prereleases=True)
    except InvalidVersion:
        return version == expected
