"""The certificates of a farm's hosts."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from farm.cli import app
from farm.cluster.nodes.certificates import CA_KEY, check_encryption, make_certificates
from farm.cluster.nodes.certificates import require_certificates as require
from farm.cluster.ray_credentials import CA_CERTIFICATE, HOST_CERTIFICATE, HOST_KEY
from farm.core.errors import FarmError, NotRunnable

x509 = pytest.importorskip("cryptography.x509")


def test_each_host_gets_what_it_needs_readable_by_its_owner_alone(tmp_path: Path) -> None:
    first, second = make_certificates(tmp_path / "farm", ["10.0.0.1", "fd00::2"], days=90)
    assert require(first, "10.0.0.1") == first
    assert require(first, "127.0.0.1") == first, "a host's own processes also meet here"
    assert require(second, "fd00::2") == second
    files = [path for path in (tmp_path / "farm").rglob("*") if path.is_file()]
    assert len(files) == 2 + 3 + 3
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (tmp_path / "farm" / CA_KEY).is_file()
    assert not list(first.glob(CA_KEY)), "no host can make certificates"


def test_the_authority_is_kept_and_a_host_gets_a_new_certificate(tmp_path: Path) -> None:
    [place] = make_certificates(tmp_path, ["10.0.0.1"], days=90)
    before = (tmp_path / CA_CERTIFICATE).read_bytes(), (place / HOST_CERTIFICATE).read_bytes()
    make_certificates(tmp_path, ["10.0.0.1", "10.0.0.2"], days=90)
    assert (tmp_path / CA_CERTIFICATE).read_bytes() == (place / CA_CERTIFICATE).read_bytes() == before[0]
    assert (place / HOST_CERTIFICATE).read_bytes() != before[1]


def test_a_certificate_is_valid_for_the_days_asked_for(tmp_path: Path) -> None:
    [place] = make_certificates(tmp_path, ["10.0.0.1"], days=90)
    certificate = x509.load_pem_x509_certificate((place / HOST_CERTIFICATE).read_bytes())
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == datetime.timedelta(days=91)


def test_certificates_that_other_hosts_would_refuse_are_refused(tmp_path: Path) -> None:
    [place] = make_certificates(tmp_path / "a", ["10.0.0.1"], days=90)
    with pytest.raises(FarmError, match=r"can't be used at 10.0.0.2: .*farm certificates 10.0.0.2"):
        require(place, "10.0.0.2")
    [old] = make_certificates(tmp_path / "b", ["10.0.0.1"], days=-1)
    with pytest.raises(FarmError, match="expired"):
        require(old, "10.0.0.1")
    (place / CA_CERTIFICATE).write_bytes((old / CA_CERTIFICATE).read_bytes())
    with pytest.raises(FarmError, match="can't be used"):
        require(place, "10.0.0.1")
    (place / HOST_KEY).write_bytes((old / HOST_KEY).read_bytes())
    with pytest.raises(FarmError, match="can't be used"):
        require(place, "10.0.0.1")
    (place / HOST_KEY).chmod(0o640)
    with pytest.raises(FarmError, match="others may read"):
        require(place, "10.0.0.1")
    (place / HOST_KEY).unlink()
    with pytest.raises(FarmError, match=r"no host\.key"):
        require(place, "10.0.0.1")


def test_a_broken_authority_is_not_replaced(tmp_path: Path) -> None:
    make_certificates(tmp_path, ["10.0.0.1"], days=90)
    (tmp_path / CA_KEY).write_text("torn")
    with pytest.raises(FarmError, match="can't be read"):
        make_certificates(tmp_path, ["10.0.0.1"], days=90)
    assert (tmp_path / CA_KEY).read_text() == "torn"


def test_a_host_is_named_by_its_address(tmp_path: Path) -> None:
    with pytest.raises(FarmError, match="lab1: give the IP address"):
        make_certificates(tmp_path / "new", ["10.0.0.1", "lab1"], days=90)
    assert not (tmp_path / "new").exists()


@contextmanager
def head(folder: Path | None) -> Iterator[int]:
    """Something that listens as a head does, with a host's certificates or without encryption; gives its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if folder is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(folder / CA_CERTIFICATE)
        context.load_cert_chain(folder / HOST_CERTIFICATE, folder / HOST_KEY)

    def answer() -> None:
        connection, _ = server.accept()
        with contextlib.suppress(OSError), connection:
            if folder is None:
                connection.recv(10_000)
                connection.sendall(b"GOAWAY")
            else:
                with context.wrap_socket(connection, server_side=True) as encrypted:
                    encrypted.sendall(b"SETTINGS")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            thread.join()


def test_a_head_and_a_host_agree_on_encryption_or_the_host_says_what_to_do(tmp_path: Path) -> None:
    own, other = make_certificates(tmp_path / "farm", ["10.0.0.1", "10.0.0.2"], days=90)
    [foreign] = make_certificates(tmp_path / "foreign", ["10.0.0.1"], days=90)
    with head(own) as port:
        check_encryption("127.0.0.1", port, other)
    with head(None) as port:
        check_encryption("127.0.0.1", port, None)
    with head(own) as port, pytest.raises(NotRunnable, match="is encrypted: set FARM_CERTIFICATES"):
        check_encryption("127.0.0.1", port, None)
    for folder in (own, None):
        with head(folder) as port, pytest.raises(NotRunnable, match="no encryption with the farm"):
            check_encryption("127.0.0.1", port, foreign)
    (foreign / CA_CERTIFICATE).write_bytes((own / CA_CERTIFICATE).read_bytes())
    with head(own) as port, pytest.raises(NotRunnable, match="no encryption with the farm"):
        check_encryption("127.0.0.1", port, foreign)
    (foreign / HOST_KEY).write_text("torn")
    (foreign / HOST_KEY).chmod(0o600)
    with pytest.raises(FarmError, match="can't be used"):
        check_encryption("127.0.0.1", 9, foreign)


def test_the_command_makes_them_and_says_where_they_go(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["certificates", "10.0.0.1", "10.0.0.2", "--out", str(tmp_path / "farm")])
    assert ended.exit_code == 0, ended.output
    assert f"{tmp_path}/farm/10.0.0.2: bring this folder to 10.0.0.2" in ended.stdout
    assert require(tmp_path / "farm" / "10.0.0.1", "10.0.0.1")
