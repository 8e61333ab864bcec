"""What of a folder is sent to other hosts, what is left out, and what is refused."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from farm.board.shipping import pack, select_files
from farm.core.errors import FarmError
from farm.core.secret_files import is_secret_file_name


@pytest.mark.parametrize(
    "name",
    [
        *(".env", ".env.local", "prod.env", "a/id_rsa", "id_ed25519", "tls.pem", "server.KEY", ".netrc", "credentials"),
        *("aws/credentials.json", "kubeconfig", ".ssh/config", ".aws/config", ".kube/config", "hf_token", "token"),
        *(".docker/config.json", ".git-credentials", ".pypirc", "x.kdbx", "secrets.yaml", "service-account-1.json"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_file_name(PurePath(name))


@pytest.mark.parametrize(
    "name",
    [
        *("tokenizer.json", "token.py", "id_rsa.pub", ".env.example", "keys.py", "special_tokens_map.json"),
        *("secrets.md", "monkey", "a/config.json", "environment.yml", "pass.json", "attention_key.bin", ".ssh/id.pub"),
    ],
)
def test_names_of_other_files(name: str) -> None:
    assert not is_secret_file_name(PurePath(name))


def test_what_is_sent_and_what_is_not(tmp_path: Path) -> None:
    folder, outside = tmp_path / "work", tmp_path / "outside"
    outside.write_text("not of the folder")
    for name in ("sweeps/add.py", "sweeps/__pycache__/add.pyc", ".git/config", "build/x.bin", "keep/y.log", "z.log"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / ".gitignore").write_text("build/\n*.log\n")
    (folder / "keep" / ".gitignore").write_text("!y.log\n")
    (folder / "again").symlink_to(folder)
    (folder / "leads out").symlink_to(outside)
    (folder / "same.py").symlink_to("sweeps/add.py")
    shipment = select_files(folder)
    assert list(map(str, shipment.files)) == [".gitignore", "keep/.gitignore", "keep/y.log", "same.py", "sweeps/add.py"]
    assert shipment.left_out == (
        ".git/",
        f"again -> {folder}",
        "build/",
        f"leads out -> {outside}",
        "sweeps/__pycache__/",
        "z.log",
    )
    assert shipment.secrets == ()
    assert shipment.summary().startswith(f"5 files go along from {folder}; left out: .git/, again -> ")


def test_what_looks_like_a_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("pass")
    assert pack(tmp_path)
    (tmp_path / "notes.txt").write_text("-----BEGIN OPENSSH " + "PRIVATE KEY-----\nAAAA\n")
    (tmp_path / ".env").write_text("A=1")
    (tmp_path / "innocent").symlink_to(".env")
    with pytest.raises(FarmError, match=r"look like secrets: \.env, innocent, notes\.txt; move them away"):
        pack(tmp_path)
    (tmp_path / ".gitignore").write_text(".env\ninnocent\nnotes.txt\n")
    assert select_files(tmp_path).secrets == ()
