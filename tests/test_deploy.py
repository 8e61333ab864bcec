"""The files of deploy/ fit this farm, as far as that can be checked without running them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from farm.cluster.registry.registry import Registry
from tests.command_line import assert_exists

DEPLOY = Path(__file__).parents[1] / "deploy"


def commands() -> Iterator[list[str]]:
    """Yield every farm command in the files, as words."""
    for unit in sorted((DEPLOY / "systemd").iterdir()):
        for line in re.findall(r"^Exec\w+=/usr/bin/env (farm .*)$", unit.read_text(), re.MULTILINE):
            yield shlex.split(line)
    ssh = yaml.safe_load((DEPLOY / "ssh" / "cluster.yaml").read_text())
    for line in (*ssh["head_start_ray_commands"], *ssh["worker_start_ray_commands"]):
        yield shlex.split(line.removesuffix(" || true"))
    for container in containers():
        yield [*container["command"], *container["args"]]
        if "lifecycle" in container:
            yield container["lifecycle"]["preStop"]["exec"]["command"]


def cluster() -> dict[str, Any]:
    documents = list(yaml.safe_load_all((DEPLOY / "kuberay" / "raycluster.yaml").read_text()))
    [resource] = [document for document in documents if document["kind"] == "RayCluster"]
    return dict(resource)


def containers() -> list[dict[str, Any]]:
    spec = cluster()["spec"]
    groups = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    return [container for group in groups for container in group["template"]["spec"]["containers"]]


@pytest.mark.parametrize("words", tuple(commands()), ids=" ".join)
def test_every_command_and_option_exists(words: list[str]) -> None:
    assert words[0] == "farm"
    assert_exists(words[1:])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing")
@pytest.mark.parametrize("unit", ["farm-head.service", "farm-host.service"])
def test_units_are_valid(unit: str) -> None:
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(DEPLOY / "systemd" / unit)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    complaints = [line for line in checked.stderr.splitlines() if unit in line]
    assert not complaints, checked.stderr


SETTINGS = (
    *("NoNewPrivileges=true", "CapabilityBoundingSet=", "UMask=0077", "ProtectSystem=strict", "ProtectHome=true"),
    *("DevicePolicy=closed", "SystemCallFilter=@system-service @debug", "RestrictNamespaces=true", "User=farm"),
    "StateDirectoryMode=0700",
)


@pytest.mark.parametrize("unit", ["farm-head.service", "farm-host.service"])
def test_units_are_confined(unit: str) -> None:
    lines = (DEPLOY / "systemd" / unit).read_text().splitlines()
    assert set(SETTINGS) <= set(lines)
    secrets = [line for line in lines if line.startswith("Environment") and re.search("PASSWORD|_TOKEN=", line)]
    assert not secrets, "secrets are files"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing")
@pytest.mark.parametrize("unit", ["farm-head.service", "farm-host.service"])
def test_units_have_an_exposure_below_three(unit: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(DEPLOY / "systemd" / unit)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", told.stdout)
    if exposure is None:
        pytest.skip("this systemd-analyze examines no files")
    assert float(exposure[1]) < 3


def test_the_ssh_file_passes_rays_own_validation() -> None:
    pytest.importorskip("jsonschema")
    from ray.autoscaler._private.util import prepare_config, validate_config

    validate_config(prepare_config(yaml.safe_load((DEPLOY / "ssh" / "cluster.yaml").read_text())))


def test_the_kubernetes_farm_has_a_token_everywhere_and_a_board_per_worker() -> None:
    spec = cluster()["spec"]
    assert spec["authOptions"] == {"mode": "token", "secretName": "farm-token"}
    for container in containers():
        assert {"name": "FARM_TOKEN_FILE", "value": "/private/auth_token"} in container["env"]
    [group] = spec["workerGroupSpecs"]
    pod = group["template"]["spec"]
    claims = {claim["name"] for claim in pod["resourceClaims"]}
    assert {claim["name"] for claim in pod["containers"][0]["resources"]["claims"]} == claims


def pods() -> list[dict[str, Any]]:
    spec = cluster()["spec"]
    return [group["template"]["spec"] for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"])]


def test_no_container_of_the_kubernetes_farm_has_more_rights_than_it_needs() -> None:
    for pod in pods():
        user = pod["securityContext"]
        assert user["runAsNonRoot"] is True
        assert user["runAsUser"] > 0
        assert user["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
        for container in (*pod["initContainers"], *pod["containers"]):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {mount["name"] for mount in container["volumeMounts"]} <= {
                volume["name"] for volume in pod["volumes"]
            }


def test_secrets_of_the_kubernetes_farm_are_files() -> None:
    for pod in pods():
        for container in (*pod["initContainers"], *pod["containers"]):
            assert all("secretKeyRef" not in each.get("valueFrom", {}) for each in container.get("env", []))
        [copies] = pod["initContainers"]
        mounted = {mount["mountPath"] for mount in copies["volumeMounts"]}
        assert copies["command"][:3] == ["install", "-m", "600"]
        assert {str(Path(word).parent) for word in copies["command"][5:]} < mounted
    job = (DEPLOY / "kuberay" / "rayjob.yaml").read_text()
    assert not re.search(r"://\w+:", job), "a job's lines are shown to everyone who may see jobs"


def test_the_network_policy_is_of_the_farm_and_lets_others_reach_its_jobs_alone() -> None:
    policy = yaml.safe_load((DEPLOY / "kuberay" / "networkpolicy.yaml").read_text())
    farm = {"podSelector": {"matchLabels": {"ray.io/cluster": cluster()["metadata"]["name"]}}}
    assert {"podSelector": policy["spec"]["podSelector"]} == farm
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    inside, jobs = policy["spec"]["ingress"]
    assert inside == {"from": [farm]}
    assert jobs["ports"] == [{"protocol": "TCP", "port": 8265}]
    assert all(rule.get("ports") or rule == {"to": [farm]} for rule in policy["spec"]["egress"])


def test_the_job_runs_the_entrypoint_of_farm_submit() -> None:
    job = yaml.safe_load((DEPLOY / "kuberay" / "rayjob.yaml").read_text())
    assert job["spec"]["entrypoint"].startswith("python -m farm.cluster.jobs.job_entrypoint sweep ")
    assert job["spec"]["clusterSelector"]["ray.io/cluster"] == cluster()["metadata"]["name"]


def test_every_metric_in_the_dashboard_is_exported() -> None:
    pytest.importorskip("prometheus_client")
    from farm.cluster.registry.metrics import FarmMetrics

    exported = set()
    for metric in FarmMetrics(lambda: Registry().view(0.0), dict).collect():
        exported |= {metric.name, f"{metric.name}_total"}
    board = json.loads((DEPLOY / "monitoring" / "grafana.json").read_text())
    names = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"farm_\w+", target["expr"])
    }
    assert names
    assert names <= exported


def test_the_container_copies_files_and_installs_extras_that_exist() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    instructions = re.findall(r"^([A-Z]+) (.+)$", text, re.MULTILINE)
    assert {name for name, _ in instructions} <= {"FROM", "COPY", "RUN", "ENV", "VOLUME", "USER", "ENTRYPOINT", "CMD"}
    assert re.findall(r"^USER (\d+)", text, re.MULTILINE)[-1] not in ("", "0")
    assert all(isinstance(json.loads(rest), list) for name, rest in instructions if name in ("CMD", "ENTRYPOINT"))
    [extras] = re.findall(r"'/src\[(.+)\]'", text)
    project = (DEPLOY.parent / "pyproject.toml").read_text(encoding="utf-8")
    declared = project.split("[project.optional-dependencies]\n", 1)[1].split("\n[", 1)[0]
    assert set(extras.split(",")) <= set(re.findall(r"^(\w+) =", declared, re.MULTILINE))
    for words in re.findall(r"^COPY (.+)$", text, re.MULTILINE):
        assert all((DEPLOY.parent / name).exists() for name in words.split()[:-1])
