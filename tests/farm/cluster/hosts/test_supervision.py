"""A host's node is started again when it ended, on a clock of the test and without Ray."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.cluster.hosts import supervision
from farm.cluster.hosts.backoff import Backoff
from farm.cluster.hosts.host_plan import HostPlan, home_id, load_plan, remove_plan
from farm.cluster.hosts.membership import join_again, leave_farm
from farm.cluster.hosts.supervision import NodeSupervisor
from farm.cluster.nodes.host_state import HostState, load_state, remove_state
from farm.core.errors import FarmError, NotRunnable
from farm.core.process_identity import identity_of
from tests.farm.cluster.fake_actors import Clock


class Host:
    """A host whose node is a harmless process of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        self.notes: list[str] = []
        self.joins = 0
        self.refusal = ""
        self.processes: list[subprocess.Popen[bytes]] = []
        self.plan = HostPlan(name="lab1", join="10.0.0.1:6379", boards="auto", token_file=folder / "token")
        self.plan.save(folder)
        self.join()
        self.supervisor = NodeSupervisor(self.plan, folder, self.notes.append, join=self.join, clock=self.clock)

    def join(self) -> str | None:
        self.joins += 1
        if self.refusal:
            raise NotRunnable(self.refusal)
        if load_plan(self.folder) is None:
            return None
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        self.processes.append(process)
        identity = identity_of(process.pid)
        assert identity is not None
        state = HostState(
            name=self.plan.name,
            head=False,
            address="10.0.0.1:6379",
            node_ip="10.0.0.2",
            token_file=self.plan.token_file,
            marker=f"a-test-{process.pid}",
            pid=process.pid,
            began=identity.start,
            boot=identity.boot,
            namespace=identity.namespace,
            log=self.folder / "ray.log",
        )
        state.save(self.folder)
        return f"{state.name} is back, for the {self.joins}. time"

    def lose_node(self) -> None:
        self.processes[-1].kill()
        self.processes[-1].communicate()

    def after(self, seconds: float) -> bool:
        self.clock.now += seconds
        return self.supervisor.step()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path / "host")
    yield host
    for process in host.processes:
        process.kill()
        process.communicate()


def test_a_node_that_ended_is_started_again(host: Host) -> None:
    assert host.after(100)
    assert (host.joins, host.notes) == (1, [])
    host.lose_node()
    assert host.after(0.5)
    assert host.joins == 1
    assert host.after(1)
    assert host.joins == 2
    assert host.after(100)
    assert host.joins == 2
    ended, back = host.notes
    assert "Ray node ended (see " in ended
    assert "joining the farm at 10.0.0.1:6379 again in 1 s" in ended
    assert back == "lab1 is back, for the 2. time"


def test_a_farm_that_does_not_answer_is_asked_less_and_less_often_and_noted_once(host: Host) -> None:
    host.lose_node()
    host.refusal = "no farm at 10.0.0.1:6379"
    for _ in range(4000):
        assert host.after(0.1)
    joins = host.joins - 1
    assert 15 <= joins <= 18, "after 1, 2, 4, 8, 16 and then each 30 s"
    assert [note for note in host.notes if "can't join" in note] == [
        "this host can't join the farm at 10.0.0.1:6379: no farm at 10.0.0.1:6379; trying again in 2 s"
    ]
    host.refusal = ""
    assert host.after(30)
    assert "is back" in host.notes[-1]


def test_a_flapping_host_waits_longer_each_time_until_a_node_lived_for_a_while(host: Host) -> None:
    waits = []
    for lifetime in (0, 1, 5, 61, 1):
        assert host.after(lifetime)
        host.lose_node()
        assert host.after(0)
        waits.append(host.notes[-1].rpartition(" in ")[2])
        assert host.after(30)
    assert waits == ["1 s", "2 s", "4 s", "1 s", "2 s"]


def test_farm_down_is_final(host: Host) -> None:
    remove_plan(host.folder)
    assert host.after(1), "the node still runs: farm down drains it"
    host.lose_node()
    assert not host.after(1)
    assert host.joins == 1


def test_farm_down_while_the_node_starts_is_final(host: Host) -> None:
    host.lose_node()
    assert host.after(0)
    join = host.join

    def join_slowly() -> str | None:
        remove_plan(host.folder)
        return join()

    supervisor = NodeSupervisor(host.plan, host.folder, host.notes.append, join=join_slowly, clock=host.clock)
    assert supervisor.step()
    host.clock.now += 1
    assert not supervisor.step()
    assert len(host.processes) == 1


def test_a_torn_plan_does_not_hide_the_node(host: Host) -> None:
    (host.folder / "up.json").write_text("{")
    assert host.after(0)
    assert host.after(100)
    assert host.joins == 1
    [note] = host.notes
    assert note.startswith(f"{host.folder / 'up.json'} can't be read: "), "noted once"


def test_another_farm_up_has_a_supervisor_of_its_own(host: Host) -> None:
    host.plan.model_copy(update={"id": "another"}).save(host.folder)
    assert not host.after(1)
    assert host.joins == 1
    assert host.processes[-1].poll() is None


def test_a_torn_or_missing_record_is_no_reason_to_give_up(host: Host) -> None:
    host.lose_node()
    remove_state(host.folder)
    assert host.after(0)
    assert host.after(1)
    assert host.joins == 2
    host.lose_node()
    (host.folder / "host.json").write_text("{")
    assert host.after(0)
    assert host.after(2)
    assert host.joins == 3


def test_a_plan_is_kept_until_it_is_removed(tmp_path: Path) -> None:
    plan = HostPlan(name="a", boards="none", token_file=tmp_path / "token", supervisor=identity_of(1))
    assert load_plan(tmp_path) is None
    plan.save(tmp_path)
    assert load_plan(tmp_path) == plan
    (tmp_path / "up.json").write_text("{")
    with pytest.raises(FarmError, match="`farm down` removes it"):
        load_plan(tmp_path)


def test_a_state_folder_keeps_its_id(tmp_path: Path) -> None:
    assert home_id(tmp_path / "a") == home_id(tmp_path / "a")
    assert home_id(tmp_path / "a") != home_id(tmp_path / "b")


def test_waits_double_up_to_a_limit() -> None:
    backoff = Backoff()
    assert [backoff.failed() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    backoff.lived(59)
    assert backoff.failed() == 30
    backoff.lived(60)
    assert backoff.failed() == 1


def test_nothing_joins_for_a_plan_that_is_no_longer_kept(tmp_path: Path) -> None:
    plan = HostPlan(name="a", boards="none", token_file=tmp_path / "token")
    assert join_again(plan.id, tmp_path) is None
    plan.save(tmp_path)
    assert join_again("another", tmp_path) is None


def test_a_host_whose_node_ended_leaves_by_its_plan_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as supervisor:
        plan = HostPlan(name="a", boards="none", token_file=tmp_path / "token", supervisor=identity_of(supervisor.pid))
        plan.save(tmp_path)
        supervisor.communicate()  # it ends by itself
        assert leave_farm(tmp_path, drain=False, note=lambda _: None) == 0
    assert load_plan(tmp_path) is None
    with pytest.raises(FarmError, match="this host is in no farm"):
        leave_farm(tmp_path, drain=False, note=lambda _: None)


def test_a_host_whose_joining_hangs_tries_again(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "JOIN_SECONDS", 0.1)
    joining = supervision._Joining(host.plan, host.folder)
    joining._command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with pytest.raises(NotRunnable, match="took longer than"):
        joining()
    host.processes[-1].wait()  # a node that may not be registered is ended
    assert load_state(host.folder) is None


def test_a_host_that_left_meanwhile_gets_no_supervisor(host: Host) -> None:
    remove_plan(host.folder)
    with pytest.raises(FarmError, match="has left"):
        supervision.supervise_in_background(host.plan, host.folder)
    assert load_plan(host.folder) is None
