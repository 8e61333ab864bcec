"""The addresses of doors."""

from __future__ import annotations

import pytest

from farm.core.door_address import door_address
from farm.core.errors import FarmError


@pytest.mark.parametrize(
    ("url", "is_exposed"),
    [
        ("https://10.0.0.1:8266", False),
        ("http://10.0.0.1:8266", True),
        ("http://head:8266", True),
        ("http://127.0.0.1:8266", False),
        ("http://[::1]:8266", False),
        ("http://localhost:8266", False),
        ("http://localhost.example:8266", True),
    ],
)
def test_a_token_is_exposed_where_it_leaves_the_host_unencrypted(url: str, is_exposed: bool) -> None:
    assert door_address(url).is_exposed is is_exposed
    assert str(door_address(url)) == url


@pytest.mark.parametrize(
    "url",
    ["http://", "http://head", "ftp://head:1", "http://a@head:1", "http://head:1/x", "http://head:99999", "://a:1"],
)
def test_what_is_no_url_of_a_door_is_refused(url: str) -> None:
    with pytest.raises(FarmError, match="the address of a door is"):
        door_address(url)
