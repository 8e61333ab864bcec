"""Whose fault it is that a model's test raised: by the class of the exception, and by the table of failure texts.

A model's test downloads weights, imports packages and reads files before it calls ttnn. What goes wrong there says
nothing of the model. The tables below go by the names of classes, which say more than texts do: those of
`huggingface_hub`, `requests`, `httpx`, `urllib3`, `aiohttp`, `botocore`, `gdown` and of Python itself. An exception
that no table has is judged by its text, as everywhere (`farm.core.failure_texts`); an AssertionError is the test's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from farm.core.classify import classify
from farm.core.verdicts import Reason, Verdict
from tracer.formats.raised_error import RaisedError

_HTTP_ERRORS = frozenset(
    ("HTTPError", "HfHubHTTPError", "HTTPStatusError", "ClientResponseError", "HTTPException", "BadStatusLine")
)
_UNREACHED = frozenset(
    (
        # Python, urllib
        *("gaierror", "herror", "URLError", "ContentTooShortError", "RemoteDisconnected", "IncompleteRead", "SSLError"),
        # requests, urllib3
        *("ReadTimeout", "ConnectTimeout", "ProxyError", "ChunkedEncodingError", "MaxRetryError", "ProtocolError"),
        *("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ReadTimeoutError"),
        # httpx
        *("TransportError", "NetworkError", "ConnectError", "RemoteProtocolError"),
        # aiohttp, botocore
        *("ClientConnectionError", "ClientConnectorError", "ServerDisconnectedError", "ServerTimeoutError"),
        *("ClientPayloadError", "EndpointConnectionError", "ConnectionClosedError", "HTTPClientError"),
        # huggingface_hub, gdown
        *("LocalEntryNotFoundError", "FileURLRetrievalError"),
    )
)
"""Classes of exceptions that say that a server was not reached, or that its answer broke off."""
_GATED, _OFFLINE = "GatedRepoError", "OfflineModeIsEnabled"
_MAY_BE_DOWNLOAD = frozenset(("OSError", _GATED, _OFFLINE))
"""Classes of what may be a failed download; the last two are not derived from `OSError` in every wrapper of the hub."""
_CLIENTS = frozenset(
    (
        *("socket", "ssl", "http", "urllib", "urllib3", "requests", "httpx", "httpcore", "aiohttp", "huggingface_hub"),
        *("botocore", "gdown", "fsspec", "s3fs", "hf_transfer", "hf_xet"),
    )
)
"""Packages that speak with servers. A timeout or a refused connection inside them is one of a download."""

_TRANSIENT = frozenset({408, 421, 425, 429})
_DENIED = frozenset({401, 403, 407})
_STATUS = re.compile(
    r"(?:^|\bHTTP Error |\berror '|\bstatus(?: code)?[:= ]+|\breturned error: )(?P<status>[45]\d\d)\b", re.I
)
_TIMED_OUT = re.compile(
    r"\b(read|write|connect\w*|handshake)\b[^\n]{0,40}\btimed out\b|\btimed out\b[^\n]{0,80}\bhttps?:", re.I
)
_LOCAL = re.compile(r"\b(localhost|127\.0\.0\.1|\[?::1\]?)\b", re.I)
_NOT_CONNECTED = re.compile(r"couldn't connect to 'https?://|temporary failure in name resolution", re.I)
_IS_OFFLINE = re.compile(
    r"offline mode is enabled|\b(HF_HUB|TRANSFORMERS|HF_DATASETS)_OFFLINE\b|outgoing traffic has been disabled", re.I
)
_IS_GATED = re.compile(r"\bgated repo\b|\baccess to (this )?(model|dataset|repo)\w* \S* ?is restricted\b", re.I)
_FETCHED = re.compile(r"^Command '.*\b(?P<tool>wget|curl)\b.*' returned non-zero exit status (?P<code>\d+)", re.I)
_FETCH_CODES = {"wget": frozenset({4}), "curl": frozenset({5, 6, 7, 28, 35, 52, 56})}
_UNREACHABLE = frozenset({100, 101, 110, 113})
"""errno of Linux: the network is down or unreachable, a connection timed out, there is no route to the host."""

_TOKENS = (
    (re.compile(r"hugging ?face|\bhf\.co\b|\bgated|\bHfHub", re.I), "HF_TOKEN"),
    (re.compile(r"github", re.I), "GITHUB_TOKEN"),
    (re.compile(r"kaggle", re.I), "KAGGLE_KEY"),
    (re.compile(r"wandb", re.I), "WANDB_API_KEY"),
    (re.compile(r"amazonaws|\bs3\b|botocore", re.I), "AWS_ACCESS_KEY_ID"),
)
_DISTRIBUTIONS = {
    "Crypto": "pycryptodome",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "git": "gitpython",
    "google": "protobuf",
    "pkg_resources": "setuptools",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""Packages that PyPI has under another name."""
_CHECKOUT = frozenset({"models", "tests", "tt_metal", "tech_reports", "tools"})
"""Folders of a tt-metal checkout that its models import from."""


@dataclass(frozen=True, slots=True)
class ErrorCause:
    """What an exception of a model's test comes from.

    Attributes:
        verdict, reason: its classification.
        message: it in a line, with what to do where that is known.
    """

    verdict: Verdict
    reason: Reason
    message: str


def cause_of(errors: Sequence[RaisedError]) -> ErrorCause:
    """Return what a failed test comes from.

    Args:
        errors: the exception that was not caught, then those that it came from; the first that is known decides.
    """
    for error in errors:
        cause = _known(error)
        if cause is not None:
            return cause
    outermost = errors[0] if errors else RaisedError((), "it does not say why")
    if "AssertionError" in outermost.classes:
        return ErrorCause(Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, str(outermost))
    return ErrorCause(*classify(outermost.text), str(outermost))


def _known(error: RaisedError) -> ErrorCause | None:
    """Return what an exception comes from, if its class or its facts tell."""
    if error.package:
        return ErrorCause(Verdict.NOT_RUN, Reason.MISSING_PACKAGE, _missing(error.package))
    if "SyntaxError" in error.classes and not error.line.startswith("<"):
        return ErrorCause(Verdict.FAIL_ASSERT_EXCEPTION, Reason.SYNTAX_ERROR, f"{error.line}: {error}")
    if "ImportError" in error.classes:
        return ErrorCause(
            Verdict.FAIL_ASSERT_EXCEPTION, Reason.IMPORT_ERROR, f"{error.line}: {error}".removeprefix(": ")
        )
    if not _MAY_BE_DOWNLOAD.isdisjoint(error.classes) or _is_http(error) or _is_unreached(error):
        return _of_download(error)
    fetched = _FETCHED.search(error.text) if "CalledProcessError" in error.classes else None
    if fetched is not None and int(fetched["code"]) in _FETCH_CODES[fetched["tool"].lower()]:
        return _fault(Reason.DOWNLOAD_FAILED, str(error))
    return None


def _of_download(error: RaisedError) -> ErrorCause | None:
    """Return what a failed download, or another error of the system, comes from; None if it is none."""
    status = error.status if error.status is not None else _status_in(error)
    if _GATED in error.classes or _IS_GATED.search(error.text) or (_is_http(error) and status in _DENIED):
        return _fault(Reason.NO_ACCESS, f"{_access(error)} ({error})")
    if _OFFLINE in error.classes or _IS_OFFLINE.search(error.text):
        advice = "it is offline: unset HF_HUB_OFFLINE, or download what the model needs before"
        return _fault(Reason.OFFLINE, f"{advice} ({error})")
    if _is_http(error) and status is not None:
        transient = status in _TRANSIENT or status >= 500
        return _fault(Reason.DOWNLOAD_FAILED, str(error)) if transient else None
    if _is_unreached(error) or error.errno in _UNREACHABLE or _NOT_CONNECTED.search(error.text):
        return _fault(Reason.DOWNLOAD_FAILED, str(error))
    verdict, reason = classify(error.text)
    return ErrorCause(verdict, reason, str(error)) if verdict.fault else None


def _is_http(error: RaisedError) -> bool:
    return not _HTTP_ERRORS.isdisjoint(error.classes)


def _is_unreached(error: RaisedError) -> bool:
    classes = set(error.classes)
    if classes & _UNREACHED:
        return not _LOCAL.search(error.text)
    in_client = not _CLIENTS.isdisjoint(error.packages)
    if classes & {"TimeoutError", "Timeout"}:  # of requests, but also of locks
        return in_client or _TIMED_OUT.search(error.text) is not None
    if "BrokenPipeError" in classes:
        return in_client
    return "ConnectionError" in classes and not _LOCAL.search(error.text)


def _status_in(error: RaisedError) -> int | None:
    match = _STATUS.search(error.text)
    return None if match is None else int(match["status"])


def _access(error: RaisedError) -> str:
    """Say which token opens what was refused."""
    text = f"{' '.join(error.classes)} {' '.join(error.packages)} {error.text}"
    token = next((name for pattern, name in _TOKENS if pattern.search(text)), None)
    if token is None:
        return "the server refused access: give this host the credentials for it"
    return f"the server refused access: set {token} on this host to a token of an account that has it"


def _missing(package: str) -> str:
    """Say which package is missing and how to get it."""
    if package in _CHECKOUT:
        return (
            f"its Python has no package {package}, which a tt-metal checkout has: run the model there, "
            "with the checkout in PYTHONPATH"
        )
    return f"its Python has no package {package}: pip install {_DISTRIBUTIONS.get(package, package)}"


def _fault(reason: Reason, message: str) -> ErrorCause:
    return ErrorCause(Verdict.HOST_FAULT, reason, message)
