"""How isolated workers are started: the plans, and what a process of a real container sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.confinement import Confinement, confinement_of
from farm.board.host_view import bubblewrap
from farm.board.kept_process import launch
from farm.board.kinds import KINDS
from farm.board.launch_plan import Account, HostView, container_plan, isolated_environment, plain_plan, user_plan
from farm.board.other_user import other_user, require_readable
from farm.board.worker_launch import plan_launch
from farm.core.errors import FarmError, NotRunnable
from farm.core.isolation import Isolation
from farm.core.measures import KERNELS_VARIABLE
from farm.core.sweep_module import SweepModule
from farm.core.sweep_spec import SweepSpec
from farm.sweeps import dumps
from farm.sweeps.records import ImportedModule, ModuleProblem

OWN = Path("/var/farm/own")
SWEEPS = Path("/tmp/sweeps")  # noqa: S108 - a path in a plan
PRIVATE = ["/tmp", "/dev/shm"]  # noqa: S108 - the container's
VIEW = HostView(
    system=(Path("/usr"),),
    links={Path("/lib"): "usr/lib"},
    readable=(Path("/srv/venv/lib"), Path("/srv/venv"), Path("/usr/lib/python3"), SWEEPS),
    devices=(Path("/dev/tenstorrent"),),
)
PROBE = """
import json, os, socket, sys
def tried(call):
    try:
        call()
    except OSError:
        return False
    return True
neighbour, secret = sys.argv[1:]
places = ("/", "/usr", "/dev", os.path.dirname(json.__file__), "/tmp", "/dev/shm", os.environ["HOME"])
print(json.dumps({
    "writes": [name for name in places if tried(lambda: open(name + "/farm-test-probe", "x"))],
    "network": [name for _, name in socket.if_nameindex()],
    "processes": sum(name.isdecimal() for name in os.listdir("/proc")),
    "signals": tried(lambda: os.kill(int(neighbour), 0)),
    "secret": os.path.exists(secret),
    "shadow": os.path.exists("/etc/shadow"),
    "environment": "PROBE_PASSWORD" in os.environ,
    "module": os.path.exists("module.py") or tried(lambda: open(secret.replace("secret", "module.py"))),
}))
"""


def test_a_worker_that_is_not_isolated_starts_as_it_is() -> None:
    plan = plain_plan({"A": "1"}, OWN)
    assert (plan.prefix, plan.environment, plan.folder, plan.between) == ((), {"A": "1"}, OWN, 0)


def test_a_container_shows_what_a_worker_needs_and_no_more() -> None:
    plan = container_plan("/bin/bwrap", VIEW, {"PATH": "/bin", "AWS_SECRET": "x"}, OWN)
    words = " ".join(plan.prefix)
    assert "--unshare-all" in words
    assert "--cap-drop ALL" in words
    assert "--ro-bind /usr /usr" in words
    assert "--symlink usr/lib /lib" in words
    assert "--ro-bind /srv/venv /srv/venv" in words
    assert "/srv/venv/lib" not in words, "it is in another one"
    assert "/usr/lib/python3" not in words, "it is there anyway"
    assert words.count("--bind ") == 3, "nothing else can be written to"
    assert "--dev-bind /dev/tenstorrent /dev/tenstorrent" in words
    private, late = words.index("/var/farm/own/tmp /tmp"), words.index("--ro-bind /tmp/sweeps")
    assert private < late < words.index("--remount-ro /dev"), "what is in /tmp is shown in the container's own /tmp"
    assert plan.folder == OWN
    assert plan.between == 2
    assert "reads /usr, /srv/venv, /tmp/sweeps;" in plan.view
    assert "uses /dev/tenstorrent; has no network" in plan.view


def test_another_user_gets_folders_and_no_rights() -> None:
    account = Account("nobody", 65534, 65533, "/bin/setpriv")
    plan = user_plan(account, {"PYTHONPATH": "/work/packages:/p", "AWS_SECRET": "x"}, OWN, Path("/shown"))
    assert plan.prefix[:6] == ("/bin/setpriv", "--reuid", "65534", "--regid", "65533", "--init-groups")
    assert "--no-new-privs" in plan.prefix
    assert plan.environment["PYTHONPATH"] == "/shown:/p"
    assert "AWS_SECRET" not in plan.environment
    assert plan.view.startswith("as the user nobody: ")


@pytest.mark.parametrize(
    ("name", "euid", "message"),
    [
        ("", 0, "needs a user"),
        ("no-such-user", 0, "has no user no-such-user"),
        ("root", 0, "is root"),
        ("nobody", 1234, "needs root and setpriv"),
    ],
)
def test_a_user_that_farm_cannot_become_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, euid: int, message: str
) -> None:
    monkeypatch.setattr("farm.board.other_user.os.geteuid", lambda: euid)
    if name:
        monkeypatch.setenv("FARM_ISOLATE_USER", name)
    else:
        monkeypatch.delenv("FARM_ISOLATE_USER", raising=False)
    with pytest.raises(NotRunnable, match=message):
        other_user()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_process_of_another_user_reads_nothing_of_farms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARM_ISOLATE_USER", "nobody")
    account = other_user()
    secret = tmp_path / "secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    with pytest.raises(NotRunnable, match=r"nobody may not read .*secret"):
        require_readable(account, "/bin/sh", [secret])
    monkeypatch.setattr("farm.board.worker_launch.require_readable", lambda *_: None)
    [board] = mock_boards(KINDS["n150"], 1)
    inherited = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path), "PROBE_PASSWORD": "x"}
    plan, own = plan_launch(board, tmp_path, sys.executable, inherited, Confinement(isolation=Isolation.USER))
    assert own is not None
    script = f'id -u; cat "{secret}" || echo refused; kill -0 {os.getpid()} || echo refused; env; touch "$HOME/a"'
    command = [*plan.prefix, "/bin/sh", "-c", script]
    printed = subprocess.run(command, env=plan.environment, cwd=plan.folder, capture_output=True, text=True, check=True)
    user, *rest = printed.stdout.splitlines()
    assert user == str(account.uid)
    assert rest[:2] == ["refused", "refused"]
    assert "PROBE_PASSWORD" not in printed.stdout
    assert (Path(own.name) / "own" / "home" / "a").exists()
    own.cleanup()
    assert not Path(own.name).exists()


def test_an_isolated_worker_gets_the_variables_of_ttnn_alone() -> None:
    inherited = {
        "TT_METAL_HOME": "/tt",
        "PYTHONPATH": "/p",
        "LC_ALL": "C",
        "HOME": "/home/me",
        "AWS_SECRET_ACCESS_KEY": "x",
        "DATABASE_URL": "x",
        KERNELS_VARIABLE: "/home/me/.cache/kernels",
    }
    environment = isolated_environment(inherited, OWN)
    assert {"TT_METAL_HOME", "PYTHONPATH", "LC_ALL"} <= environment.keys()
    assert not {"AWS_SECRET_ACCESS_KEY", "DATABASE_URL"} & environment.keys()
    assert environment["HOME"] == "/var/farm/own/home"
    assert environment[KERNELS_VARIABLE] == "/var/farm/own/kernels", "kernels of others can't be replaced"


def test_the_modules_of_a_sweep_are_shown(tmp_path: Path) -> None:
    spec = SweepSpec.of(sweeps=tmp_path, isolate=Isolation.CONTAINER)
    assert str(tmp_path) in confinement_of(spec).readable
    assert confinement_of(SweepSpec.of(isolate=Isolation.CONTAINER)).readable == (), "traced calls are data"


def test_a_file_of_vectors_does_not_choose_what_is_shown(tmp_path: Path) -> None:
    file, sweeps, home = tmp_path / "vectors.jsonl", tmp_path / "sweeps", tmp_path / "tt-metal"
    module = SweepModule("a.b", sweeps / "a" / "b.py", (sweeps, home / "tests"), home=home)
    imported = ImportedModule(module, None, fixture=False, suites=("s",))
    list(dumps.write(file, [imported, ModuleProblem("a.c", "", "it has none")]))
    assert [each.module for each in [imported]] == list(dumps.read_modules(file))
    spec = SweepSpec.of(vectors_file=file, isolate=Isolation.CONTAINER)
    with pytest.raises(FarmError, match=f"has modules in {sweeps / 'a'}, .* add --sweeps {sweeps / 'a'}"):
        confinement_of(spec)
    (sweeps / "a").mkdir(parents=True)
    named = SweepSpec.of(vectors_file=file, sweeps=sweeps, isolate=Isolation.CONTAINER)
    assert set(confinement_of(named).readable) == {str(file), str(sweeps)}
    file.write_text('{"a": {}}')
    assert set(confinement_of(spec).readable) >= {str(file)}, "planning says what is wrong with the file"


def test_a_host_without_bubblewrap_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotRunnable, match="install the package bubblewrap"):
        bubblewrap()


@pytest.fixture
def container() -> None:
    """Skip where bubblewrap can't make a container."""
    try:
        command = [bubblewrap(), "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    except NotRunnable as error:
        pytest.skip(str(error))
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"this host can't make a container: {made.stderr.strip()}")


@pytest.mark.usefixtures("container")
def test_a_process_in_a_container_sees_and_changes_nothing_of_its_host(tmp_path: Path) -> None:
    modules, secret = tmp_path / "sweeps", tmp_path / "sweeps-secret"
    modules.mkdir()
    (modules / "module.py").touch()
    secret.write_text("secret")
    [board] = mock_boards(KINDS["n150"], 1)
    confinement = Confinement(isolation=Isolation.CONTAINER, readable=(str(modules),))
    inherited = {"PATH": "/usr/bin:/bin", "PROBE_PASSWORD": "x"}
    neighbour = subprocess.Popen(["sleep", "600"])
    try:
        plan, own = plan_launch(board, tmp_path, sys.executable, inherited, confinement)
        assert own is not None
        command = [*plan.prefix, sys.executable, "-c", PROBE, str(neighbour.pid), str(modules / "secret")]
        printed = subprocess.run(
            command, env=plan.environment, cwd=plan.folder, capture_output=True, text=True, check=False
        )
        assert printed.returncode == 0, printed.stderr
        report = json.loads(printed.stdout)
        assert report.pop("writes") == [*PRIVATE, f"{own.name}/home"]
        assert report == {
            "network": ["lo"],
            "processes": 2,
            "signals": False,
            "secret": False,
            "shadow": False,
            "environment": False,
            "module": True,
        }
        assert neighbour.poll() is None
        own.cleanup()
        assert not Path(own.name).exists()
    finally:
        neighbour.kill()
        neighbour.wait()


@pytest.mark.usefixtures("container")
def test_how_a_process_in_a_container_ends_is_known(tmp_path: Path) -> None:
    [board] = mock_boards(KINDS["n150"], 1)
    plan, own = plan_launch(board, tmp_path, sys.executable, {}, Confinement(isolation=Isolation.CONTAINER))
    assert own is not None
    script = "import os, signal; print(flush=True); input(); os.kill(os.getpid(), signal.SIGSEGV)"
    process = launch(
        [*plan.prefix, sys.executable, "-c", script],
        env=plan.environment,
        cwd=plan.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None,
        between=plan.between,
    )
    keeper = process.keeper
    assert isinstance(keeper, subprocess.Popen)
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    with keeper.stdin, keeper.stdout:
        keeper.stdout.readline()
        status = Path(f"/proc/{process.innermost}/status").read_text(encoding="ascii")
        assert "Name:\tpython" in status, "the worker, not the container's program"
        keeper.stdin.write(b"\n")
        keeper.stdin.flush()
        assert process.wait(60) == -11
    process.release()
    own.cleanup()
