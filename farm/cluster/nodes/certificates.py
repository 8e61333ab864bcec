"""The certificates with which the hosts of a farm encrypt what goes between them, and know each other."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from farm.cluster.ray_credentials import CA_CERTIFICATE, HOST_CERTIFICATE, HOST_KEY
from farm.core.errors import FarmError, NotRunnable
from farm.core.files import write_atomically

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

CA_KEY = "ca.key"
"""The key of the farm's own certificate authority, which stays in the folder where it was made."""
CA_DAYS = 3650
ANSWER_SECONDS = 5.0
"""How long a head may take to answer."""
GRPC_PROTOCOL = "h2"
"""What a client of gRPC asks for in TLS."""
LOOPBACK = "127.0.0.1"
"""Ray's processes also reach each other at this address."""


def make_certificates(folder: Path, addresses: Sequence[str], days: int) -> list[Path]:
    """Make the certificate of each host, and the farm's certificate authority where the folder has none.

    Args:
        folder: where the authority is kept. A folder in it for each host, named for its address, has what that host
            needs: `ca.crt`, `host.crt` and `host.key`, readable by their owner alone.
        addresses: the IP addresses at which the hosts reach each other.
        days: how long the certificates of the hosts are valid.

    Returns:
        The folders of the hosts.

    Raises:
        FarmError: an address is no IP address, or the folder's authority can't be used.
        NotRunnable: the files can't be written.
    """
    hosts = [_ip_address(address) for address in addresses]
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        authority, key = _authority(folder)
        places = []
        for host in hosts:
            place = folder / str(host)
            place.mkdir(exist_ok=True, mode=0o700)
            certificate, host_key = _signed(host, authority, key, days)
            _write(place / CA_CERTIFICATE, _pem(authority))
            _write(place / HOST_CERTIFICATE, _pem(certificate))
            _write(place / HOST_KEY, _key_pem(host_key))
            places.append(place)
    except OSError as error:
        raise NotRunnable(f"can't write certificates to {folder}: {error.strerror or error}") from error
    return places


def require_certificates(folder: Path, address: str) -> Path:
    """The folder, if its certificate is one with which other hosts accept this one.

    Args:
        folder: a host's folder, as `make_certificates` makes it.
        address: the address at which other hosts reach this one.

    Raises:
        FarmError: a file is missing, others may read the key, or the certificate is for another address, out of date or
            of another authority.
    """
    files = _files(folder)
    try:
        _shake_hands(files, address)
    except OSError as error:
        raise FarmError(
            f"the certificate in {folder} can't be used at {address}: {_reason(error)}; `farm certificates {address}` "
            "makes one"
        ) from error
    return folder


def check_encryption(host: str, port: int, folder: Path | None) -> None:
    """Make sure that a farm's head and this host agree on encryption: Ray itself would only wait for a long time.

    Args:
        host: the head's address.
        port: its port.
        folder: the folder with this host's certificates; None for a farm without encryption.

    Raises:
        FarmError: a file is missing.
        NotRunnable: one of the two encrypts and the other doesn't, or they don't accept each other's certificates.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols([GRPC_PROTOCOL])
    if folder is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        _load(context, _files(folder))
    try:
        with (
            socket.create_connection((host, port), timeout=ANSWER_SECONDS) as connection,
            context.wrap_socket(connection, server_hostname=host) as encrypted,
        ):
            if folder is not None:
                encrypted.recv(1)  # the head refuses a certificate only after the handshake
    except OSError as error:
        if folder is None:
            return  # it speaks no TLS: an error here is what a farm without encryption answers
        raise NotRunnable(
            f"no encryption with the farm at {host}:{port}: {_reason(error)}; either it has no certificates, or those "
            f"in {folder} are not of its authority"
        ) from error
    if folder is None:
        raise NotRunnable(
            f"the farm at {host}:{port} is encrypted: set FARM_CERTIFICATES to the folder with this host's certificates"
        )


def _files(folder: Path) -> dict[str, Path]:
    """The files of a host's folder, by their names.

    Raises:
        FarmError: one is missing, or others may read the key.
    """
    files = {name: folder / name for name in (CA_CERTIFICATE, HOST_CERTIFICATE, HOST_KEY)}
    for path in files.values():
        if not path.is_file():
            raise FarmError(f"no {path.name} in {folder}: bring there what `farm certificates` makes for this host")
    if files[HOST_KEY].stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise FarmError(f"others may read {files[HOST_KEY]}: chmod 600 {files[HOST_KEY]}")
    return files


def _load(context: ssl.SSLContext, files: dict[str, Path]) -> None:
    """Make a context require certificates of the farm's authority, and show the host's own.

    Raises:
        FarmError: a file has no certificate, or the key is of another one.
    """
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(files[CA_CERTIFICATE])
        context.load_cert_chain(files[HOST_CERTIFICATE], files[HOST_KEY])
    except OSError as error:
        raise FarmError(
            f"the certificates in {files[CA_CERTIFICATE].parent} can't be used: {_reason(error)}"
        ) from error


def _reason(error: OSError) -> str:
    """Why a connection, or the loading of a certificate, failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return error.reason if isinstance(error, ssl.SSLError) and error.reason else str(error)


def _shake_hands(files: dict[str, Path], address: str) -> None:
    """Connect this host to itself, in memory: the rules are those of a real connection.

    Raises:
        OSError: it fails; `ssl.SSLError` is one.
    """
    sides = []
    for protocol in (ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER):
        context = ssl.SSLContext(protocol)
        _load(context, files)
        sides.append(context)
    upwards, downwards = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = sides[0].wrap_bio(downwards, upwards, server_hostname=address)
    server = sides[1].wrap_bio(upwards, downwards, server_side=True)
    waiting = [client, server]
    while waiting:
        side = waiting.pop(0)
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            waiting.append(side)


def _ip_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError as error:
        raise FarmError(f"{text}: give the IP address at which the other hosts reach this one") from error


def _authority(folder: Path) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    """The certificate and key of the farm's authority; they are made where there are none."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    certificate_file, key_file = folder / CA_CERTIFICATE, folder / CA_KEY
    if key_file.exists() or certificate_file.exists():
        try:
            certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
            key = load_pem_private_key(key_file.read_bytes(), password=None)
        except (OSError, ValueError, TypeError) as error:
            raise FarmError(f"the authority in {folder} can't be read: {error}; name another folder") from error
        if not isinstance(key, EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
            raise FarmError(f"{key_file} is not the key of {certificate_file}: name another folder")
        return certificate, key
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "farm")])
    certificate = (
        _builder(name, name, key, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, _sha256())
    )
    _write(key_file, _key_pem(key))
    _write(certificate_file, _pem(certificate))
    return certificate, key


def _signed(
    host: ipaddress.IPv4Address | ipaddress.IPv6Address,
    authority: x509.Certificate,
    authority_key: EllipticCurvePrivateKey,
    days: int,
) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    """A host's certificate, for both ends of a connection, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key = generate_private_key(SECP256R1())
    names = [x509.IPAddress(host), x509.IPAddress(ipaddress.ip_address(LOOPBACK)), x509.DNSName("localhost")]
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, str(host))])
    certificate = (
        _builder(subject, authority.subject, key, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, _sha256())
    )
    return certificate, key


def _builder(subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
    from cryptography import x509

    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))  # clocks of hosts differ
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _sha256() -> hashes.SHA256:
    from cryptography.hazmat.primitives import hashes

    return hashes.SHA256()


def _pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes) -> None:
    write_atomically(path, content, mode=0o600, sync=True)
