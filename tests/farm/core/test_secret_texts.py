"""What is hidden in texts, and what isn't."""

from __future__ import annotations

import pickle

import pytest

from farm.core.secret_texts import HIDDEN, secret_values, shown_command, without_secrets
from farm.core.store_place import StorePlace


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://farm:se/cr?et@db:5432/farm", "postgresql://farm:***@db:5432/farm"),
        (
            "postgresql+psycopg://farm:a@b@db/farm?sslpassword=abc&x=1",
            "postgresql+psycopg://farm:***@db/farm?sslpassword=***&x=1",
        ),
        ("see postgresql://db/x?user=u&p%61ssword=abc", "see postgresql://db/x?user=u&p%61ssword=***"),
        ("git clone https://ghs_x@github.com/a/b", "git clone https://***@github.com/a/b"),
        ("https://x-access-token:abc@github.com/a", "https://x-access-token:***@github.com/a"),
        ("environ({'HF_TOKEN': 'hf_abcdef', 'HOME': '/root'})", "environ({'HF_TOKEN': '***', 'HOME': '/root'})"),
        ("AWS_SECRET_ACCESS_KEY=abcdefgh ls", "AWS_SECRET_ACCESS_KEY=*** ls"),
        ("a line\nDB_PASSWORD: hunter2hunter2\n", "a line\nDB_PASSWORD: ***\n"),
        ("Authorization: Bearer abcdefghijklmnop", "Authorization: Bearer ***"),
        ("401 for hf_abcdefghijklmnopqrstuvwx", "401 for ***"),
    ],
)
def test_secrets_are_hidden_once(text: str, shown: str) -> None:
    assert without_secrets(text) == shown
    assert without_secrets(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "pad_token: 50256, max_tokens=4096, bos_token_id=1000",
        "password authentication failed for user farm",
        "http://10.0.0.1:8265/jobs?id=raysubmit_1 user@host",
        "FARM_TOKEN_FILE=/etc/farm/token PWD=/home/me",
        "ttnn.embedding(key=1234, signature: 5678)",
        "git@github.com:tenstorrent/tt-metal.git",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert without_secrets(text) == text


def test_a_command_is_shown_without_the_values_of_options_named_for_secrets() -> None:
    words = [
        "farm",
        "sweep",
        "--store",
        "postgresql://u:p@h/x",
        "--hf-token",
        "abc",
        "--api-key=abc",
        "--token-file",
        "/t",
    ]
    assert (
        shown_command(words)
        == "farm sweep --store 'postgresql://u:***@h/x' --hf-token *** '--api-key=***' --token-file /t"
    )


def test_the_secrets_of_an_environment_are_its_tokens_and_the_passwords_of_its_urls() -> None:
    environment = {
        "HF_TOKEN": "abcdefg",
        "FARM_STORE": "postgresql://u:p%40ssword@h/x",
        "HOME": "/home/u",
        "A_TOKEN": "1",
    }
    assert secret_values(environment) == {"abcdefg", "p%40ssword", "p@ssword"}
    assert without_secrets("got p@ssword", secret_values(environment)) == f"got {HIDDEN}"


URLS = (
    "postgresql://farm:PLANTED@db/farm",
    "postgresql://farm:PLANT%45D@db/farm",
    "postgresql://farm:x/PLANTED?@db/farm",
    "postgresql://farm:x@PLANTED@db/farm",
    "postgresql://db/farm?user=farm&password=PLANTED",
    "postgresql://db/farm?p%61ssword=PLANTED",
    "postgresql://db/farm?PassWord=PLANTED",
    "postgresql://db/farm?sslpassword=PLANTED",
    "postgresql://db/farm?passfile=/etc/farm/PLANTED",
    "postgresql://db/farm?options=-c%20x%3DPLANTED",
    "mssql://db/?odbc_connect=PWD%3DPLANTED",
    "nosuch://user:a/PLANTED@db/farm",
)


@pytest.mark.parametrize("url", URLS)
def test_a_place_never_prints_its_password(url: str) -> None:
    place = StorePlace.of(url)
    assert place.reveal() == url
    for text in (str(place), repr(place), f"{place}", f"{[place]}", "%s" % place):  # noqa: UP031 - as loggers do it
        assert "PLANTED" not in text
        assert "PLANT%45D" not in text
        assert "db" in text


def test_a_file_is_shown_as_it_is() -> None:
    assert str(StorePlace.of("/data/a@b:c?password=x.db")) == "/data/a@b:c?password=x.db"


def test_a_place_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="stays in its process"):
        pickle.dumps(StorePlace.of("a.db"))


def test_long_texts_of_many_beginnings_take_bounded_steps() -> None:
    """The patterns have bounds: none of these texts takes more than a moment, which the test run's limit would show."""
    for part in ("mysql://:", "a://b:", "eyJ-", "?a&", "token token", "xoxb-", "Bearer "):
        text = part * (20_000 // len(part)) + "@"
        assert len(without_secrets(text)) <= len(text)
