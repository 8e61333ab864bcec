"""Stores of older schemas are migrated when they are opened, and read as before."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from farm.core.errors import StoreError
from farm.core.verdicts import Reason, Verdict
from farm.store import Store, migrations, schema
from tests.farm.store_helpers import recorded_run

OLD_STORE = Path(__file__).with_name("old_store.sql")
FIRST, SECOND = "20251122-214530-000001", "20251122-214530-000002"


@pytest.fixture
def old_store(tmp_path: Path) -> Path:
    """A store of schema version 2."""
    place = tmp_path / "old.db"
    connection = sqlite3.connect(place)
    connection.executescript(OLD_STORE.read_text())
    connection.close()
    return place


def execute(place: Path, statement: str) -> None:
    connection = sqlite3.connect(place)
    connection.executescript(statement)
    connection.close()


def differences(connection: Connection) -> list[object]:
    """What differs between the tables of a store and those that this farm makes."""
    context = MigrationContext.configure(connection, opts={"version_table": schema.revision.name})
    return list(compare_metadata(context, schema.metadata))


def test_the_steps_are_numbered_and_end_at_the_current_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    revisions = [step.revision for step in script.walk_revisions()][::-1]
    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]
    assert script.get_current_head() == migrations.REVISION


def test_an_old_store_reads_as_before(old_store: Path) -> None:
    with Store.open(old_store) as store:
        assert {head.id: head.planned for head in store.runs()} == {FIRST: 3, SECOND: 8}
        counts = {verdict: count for verdict, count in store.view(FIRST).counts.items() if count}
        assert counts == {"planned": 3, "validated": 2, "not_run": 1}
        view = store.view(SECOND)
        assert [vector.vector_id for vector in view.vectors] == [
            "good", "doubted", "module", "opened", "never", "problem", "raw", "model",
        ]  # fmt: skip
        good, doubted, module, opened, never = view.vectors[:5]
        assert (good.verdict, good.inexact, good.metrics) == (Verdict.VALIDATED, ["arg3"], {"pcc": 0.99})
        assert (doubted.verdict, doubted.reason) == (Verdict.BOARD_FAULT, Reason.BOARD_SUSPECT)
        assert (module.verdict, module.message) == (Verdict.FAIL_ASSERT_EXCEPTION, "it raised")
        assert [attempt.verdict for attempt in opened.history] == [Verdict.FAIL_CRASH_HANG, Verdict.VALIDATED]
        assert (never.verdict, never.concluded) == (Verdict.NOT_RUN, False)
        assert store.payload(SECOND, "module")["operation"] == "eltwise.add"
        with store.reading() as connection:
            assert migrations.read_revision(connection) == migrations.REVISION


def test_old_events_of_boards_are_changes_of_state(old_store: Path) -> None:
    with Store.open(old_store) as store:
        [board] = store.view(SECOND).run.boards
    assert [event.state.value if event.state else event.kind.value for event in board.events] == [
        "unverified", "healthy", "busy", "fault", "suspect", "starting", "resetting", "retired", "lost", "left",
        "kernels",
    ]  # fmt: skip
    assert [event.message for event in board.events][:2] == ["it joined", "it opened"]


@pytest.mark.parametrize(
    "older", ["", "DROP INDEX vectors_by_operation; UPDATE farm_schema SET version = 1;"], ids=["2", "1"]
)
def test_a_migrated_store_has_the_tables_of_a_new_one(old_store: Path, older: str) -> None:
    execute(old_store, older)
    with Store.open(old_store) as store, store.reading() as connection:
        assert differences(connection) == []
        assert set(inspect(connection).get_table_names()) == set(schema.metadata.tables)
        assert {index["name"] for index in inspect(connection).get_indexes("vectors")} >= {"vectors_by_operation"}


def test_a_migrated_store_takes_runs_and_checks_foreign_keys(old_store: Path) -> None:
    with Store.open(old_store) as store:
        run_id = recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")])
        assert store.view(run_id).counts["validated"] == 1
        with store.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_failed_step_leaves_the_store_unchanged(old_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: Connection, revision: str) -> None:
        migrations.upgrade(connection, revision)
        connection.exec_driver_sql("DROP TABLE no_such_table")

    monkeypatch.setattr("farm.store.opening.upgrade", fail)
    with pytest.raises(StoreError, match="no_such_table"):
        Store.open(old_store)
    connection = sqlite3.connect(old_store)
    assert connection.execute("SELECT version FROM farm_schema").fetchall() == [(2,)]
    connection.close()


def test_a_store_of_a_newer_farm_is_refused(old_store: Path) -> None:
    Store.open(old_store).close()
    execute(old_store, "UPDATE farm_revision SET version_num = '9999'")
    with pytest.raises(StoreError, match="schema revision 9999"):
        Store.open(old_store)


def test_alembic_is_imported_only_to_migrate(old_store: Path) -> None:
    script = (
        "import sys\nfrom farm.store import Store\nStore.open(sys.argv[1]).close()\nprint('alembic' in sys.modules)\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script, old_store], check=True, capture_output=True, text=True
        ).stdout.strip()
        for _ in range(2)
    ]
    assert outputs == ["True", "False"]
