"""Recognise files that look like secrets, by their names, their folders and their first lines."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path, PurePath

_FOLDERS = frozenset({".ssh", ".aws", ".azure", ".gnupg", ".kube", "gcloud", ".password-store"})
"""Folders that hold secrets of programs."""
_NAMES = (
    *(".env", ".env.*", "*.env", ".envrc", ".netrc", "_netrc", ".pgpass", ".my.cnf", ".npmrc", ".pypirc", ".dockercfg"),
    *(".git-credentials", ".htpasswd", ".vault-token", ".boto", ".s3cfg", "pip.conf", "rclone.conf"),
    *("id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.ppk", "*.jks", "*.keystore", "*.kdbx", "*.gpg", "*.ovpn"),
    *("credentials", "credentials.*", "*-credentials.json", "*_credentials.json", "client_secret*.json"),
    *("service-account*.json", "service_account*.json", "kubeconfig", "kubeconfig.*", "*.kubeconfig"),
    *("token", "token.txt", "token.json", "*.token", "*-token", "*_token", "*-token.txt", "*_token.txt"),
    *(
        "secret",
        "secrets",
        "secret.*",
        "secrets.*",
        "*.secret",
        "*.secrets",
        "password",
        "password.txt",
        "passwords.txt",
    ),
    *("*.tfstate", "*.tfvars", ".dockerconfigjson"),
)
_HARMLESS = ("*.py", "*.pyi", "*.md", "*.rst", "*.pub", "*.example", "*.sample", "*.template", "*.dist")
"""Code, documentation, public keys and patterns to copy, whatever else their names say."""
_HEAD = 4096
"""Bytes of a file that are searched for a private key."""


def is_secret_file_name(path: PurePath) -> bool:
    """Whether a file's name, or a folder above it, says that the file holds a secret."""
    if _FOLDERS & {part.lower() for part in path.parts[:-1]}:
        return not fnmatch(path.name.lower(), "*.pub")
    if path.parts[-2:] == (".docker", "config.json"):
        return True
    name = path.name.lower()
    return any(fnmatch(name, pattern) for pattern in _NAMES) and not any(
        fnmatch(name, pattern) for pattern in _HARMLESS
    )


def holds_private_key(file: Path) -> bool:
    """Whether a file begins with a private key.

    Raises:
        OSError: it can't be read.
    """
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    return b"-----BEGIN " in head and b"PRIVATE KEY" in head
