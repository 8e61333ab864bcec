"""Opening a store: from a path or URL to an engine, with tables of the current schema."""

from __future__ import annotations

import logging
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from sqlalchemy import URL, Connection, Engine, insert, inspect, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError, StatementError

from farm.core.errors import RowRefused, StoreAway, StoreError
from farm.core.extras import Extra, own_install
from farm.core.secret_texts import without_secrets
from farm.core.store_place import Place, StorePlace
from farm.store import schema
from farm.store.databases import DATABASES, database_of
from farm.store.databases.sqlite import file_url
from farm.store.migrations import REVISION, read_revision, upgrade

_ADVICE = {line: advice for database in DATABASES.values() for line, advice in database.advice.items()}
_ERRORS: tuple[type[Exception], ...] = (
    SQLAlchemyError,
    OSError,
    *(error for database in DATABASES.values() for error in database.errors),
)
_LOG = logging.getLogger(__name__)


def usual_file() -> Path:
    """Return the store where no other is named: `farm.db` in the user's data directory."""
    return Path(platformdirs.user_data_dir("farm")) / "farm.db"


def default_place() -> StorePlace:
    """Return the place of the default store: FARM_STORE, or the usual file."""
    return StorePlace.of(os.environ.get("FARM_STORE") or usual_file())


def named_place(place: Place | None) -> StorePlace:
    """Return the place that a name means; None is the default store."""
    return default_place() if place is None else StorePlace.of(place)


def store_option(place: Place | None) -> str:
    """Return the option with which a printed command names a store, after a space; empty for the default store.

    Args:
        place: the store; None for the default one. A password in its URL is hidden.
    """
    named = None if place is None else StorePlace.of(place)
    if named is None or named.reveal() == default_place().reveal():
        return ""
    return f" --store {shlex.quote(str(named))}"


@contextmanager
def store_errors(place: StorePlace) -> Iterator[None]:
    """Turn a database's errors into a `StoreError` of one line, in which no password of the store's URL remains.

    The database's own error is its cause, unless that has the password in its text.

    Args:
        place: the store.

    Raises:
        StoreAway: the database can't be used now.
        RowRefused: it refuses a statement's values.
        StoreError: anything else is wrong with it.
    """
    try:
        yield
    except _ERRORS as error:
        cause = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
        line = without_secrets(cause.splitlines()[0], place.secrets)
        kind = StoreAway if _is_away(place, error) else RowRefused if isinstance(error, StatementError) else StoreError
        raise kind(f"results store {place} {_ADVICE.get(line, f'failed: {line}')}") from _shown_cause(place, error)


def _shown_cause(place: StorePlace, error: Exception) -> Exception | None:
    """The error, unless its text has a password of the store."""
    return None if any(secret in str(error) for secret in place.secrets) else error


def _is_away(place: StorePlace, error: Exception) -> bool:
    try:
        database = DATABASES.get(_url(place).get_backend_name())
    except (ArgumentError, ValueError):
        return False  # the error is that of its URL
    return database is not None and database.is_away(error)


def require_folder(place: Place | None) -> None:
    """Check that a store could be created, before work that takes long; a URL is checked when it is opened.

    Args:
        place: see `Store.open`.

    Raises:
        StoreError: the folder of its file doesn't exist.
    """
    named = named_place(place)
    if named.is_url:
        return
    text = named.reveal()
    folder = Path(text).expanduser().absolute().parent
    if text != str(usual_file()) and not folder.is_dir():
        raise StoreError(f"results store {text}: there is no folder {folder}: make it, or name another")


def require_existing(place: StorePlace) -> None:
    """Check that a path is a file; a URL is checked when it is opened.

    Raises:
        StoreError: there is no such file.
    """
    if not place.is_url and not Path(place.reveal()).expanduser().exists():
        raise StoreError(f"there is no results store at {place}: run `farm sweep` first, or name another with --store")


def open_engine(place: StorePlace) -> Engine:
    """Make the engine for a path (an SQLite file, which is created) or a database URL.

    Raises:
        StoreError: the URL's database is unknown, its driver isn't installed, or it can't be opened.
    """
    with store_errors(place):
        if place.reveal() == str(usual_file()):
            usual_file().parent.mkdir(parents=True, exist_ok=True)
        try:
            url = _url(place)
            database = DATABASES.get(url.get_backend_name())
            if database is None:
                titles = " and ".join(database.title for database in DATABASES.values())
                raise StoreError(f"results store {place}: only {titles} are supported")
            return database.create_engine(url)
        except ModuleNotFoundError as error:
            hint = own_install().command(Extra.POSTGRESQL) if error.name in {"psycopg", "psycopg2"} else "install it"
            raise StoreError(f"results store {place} needs the Python package {error.name}: {hint}") from error
        except (ArgumentError, NoSuchModuleError, ValueError):  # their texts may hold the whole URL
            raise StoreError(f"results store {place} is neither a path nor the URL of a known database") from None


def _url(place: StorePlace) -> URL:
    return make_url(place.reveal()) if place.is_url else file_url(place.reveal())


def revision_of(engine: Engine, place: StorePlace) -> str | None:
    """Return the revision of a store; None for a database that holds no store.

    Raises:
        StoreError: the database can't be read.
    """
    with store_errors(place), engine.begin() as connection:
        return read_revision(connection)


def prepare(engine: Engine, place: StorePlace, revision: str | None) -> None:
    """Create the tables of a new store, and migrate an older one, which may take minutes.

    Args:
        engine: the store's.
        place: the store.
        revision: its revision.

    Raises:
        StoreError: a newer farm wrote the store, it is an older or a new one and may not be written, or the database
            holds something else.
    """
    with store_errors(place):
        if revision is None or revision < REVISION:
            try:
                with database_of(engine).migrating(engine) as connection:
                    revision = read_revision(connection)  # another process may have been first
                    if revision is None:
                        _create_tables(connection, place)
                    elif revision < REVISION:
                        upgrade(connection, revision)
            except _ERRORS as error:
                if not database_of(engine).is_read_only(error):
                    raise
                problem = _unwritable(revision, database_of(engine).read_only_advice)
                raise StoreError(f"results store {place} {problem}") from _shown_cause(place, error)
    if revision is not None and revision > REVISION:
        raise StoreError(
            f"results store {place} has schema revision {revision}, this farm knows {REVISION}: "
            "use the farm that wrote it, or name another with --store"
        )


def _unwritable(revision: str | None, advice: str) -> str:
    """Say why a store can't be used whose tables may not be changed; `advice` is what to do."""
    if revision is None:
        return f"holds no runs, and its tables can't be made: it is read-only for you: {advice}"
    return (
        f"is of an older farm (schema revision {revision}, this farm's is {REVISION}) and can't be upgraded: "
        f"it is read-only for you: {advice}"
    )


def _create_tables(connection: Connection, place: StorePlace) -> None:
    if inspect(connection).get_table_names():
        raise StoreError(f"{place} is a database of something else: name another with --store")
    _LOG.info("creating the results store %s", place)
    schema.metadata.create_all(connection)
    connection.execute(insert(schema.revision), {"version_num": REVISION})
