"""Hide passwords and tokens in texts that are printed, logged, recorded or sent.

A secret is recognised by where it stands: the password of a URL, a part of its query, an option or a variable that is
named for one, or a token whose first letters tell whose it is. What is hidden reads `***`.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from urllib.parse import unquote, unquote_plus

HIDDEN = "***"
SHORTEST = 6
"""Characters of the shortest value of a variable that is hidden wherever it occurs: shorter ones are ordinary words."""

_DATABASES = "postgres(?:ql)?|mysql|mariadb|mssql|oracle|sqlite|mongodb|redis|rediss|amqp|amqps|cockroachdb"
_NAME = re.compile(
    r"(?:^|[_.-]|(?<=[a-z])(?=[A-Z]))"
    r"(?:\w*passw(?:or)?d|pwd|pass|passphrase|passfile|\w*token|\w*secret|credentials?|signature|sig|auth|"
    r"(?:api|access|private|secret|account|encryption|signing)[_-]?key(?:[_-]?id)?)$",
    re.IGNORECASE,
)
_NO_SECRETS = re.compile(r"(?:file|path|dir|folder|ids?|count|limit|max\w*)$|^(?:pwd|oldpwd)$", re.IGNORECASE)
"""What the last part of a name says if it holds no secret itself; PWD is the shell's working directory."""
_PLAIN_NAME = re.compile(
    r"passw(?:or)?d|passphrase|secret|api_?key|(?:access|auth|hf|bearer|refresh)_?token", re.IGNORECASE
)
"""Which names in small letters hold a secret in a text: a model has tokens, too (`pad_token=0`)."""

_URL = re.compile(
    # a password may hold anything that its user forgot to encode; of databases, also slashes and question marks
    rf"(?P<database>\b(?:{_DATABASES})(?:\+\w+)?"
    r"://[^\s:/?#@'\"]{0,100}:)[^\s'\"]{0,4000}(?=@)"
    r"|(?P<any>\b[a-zA-Z][a-zA-Z0-9+.-]{1,30}://[^\s:/?#@'\"]{0,100}:)[^\s/'\"]{0,4000}(?=@)"
    r"|(?P<web>\bhttps?://)[^\s:/?#@'\"]{1,4000}(?=@)"
)
_DATABASE = re.compile(rf"([^:/]*?)((?:{_DATABASES})(?:\+\w+)?://.*)", re.DOTALL)
_PASSWORD = re.compile(r"^([^:/?#]+://[^:/?#@]*:)(.*)(?=@)", re.DOTALL)
"""The password of a URL up to the last @, whatever its user forgot to encode."""
_PARAMETER = re.compile(r"([?&])([^=&]*)=([^&]*)")
_HARMLESS = frozenset(
    {"application_name", "connect_timeout", "dbname", "gssencmode", "host", "hostaddr", "keepalives", "mode", "port"}
    | {"sslmode", "sslnegotiation", "target_session_attrs", "timeout", "uri", "user"}
)
"""The parameters of a database's URL whose values are shown. Others may hold anything."""

_QUERY = re.compile(r"([?&;])([^\s=&;?#'\"]{1,100})=([^\s&#'\"]*)")
_ASSIGNMENT = re.compile(r"""(\b[A-Za-z][A-Za-z0-9_]{2,80})(['"]?\s{0,3}[=:]\s{0,3})(['"]?)([^\s'",;]{4,})""")
_TOKEN = re.compile(
    r"\b(?:hf_[A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[\w-]{16,}"
    r"|xox[abprs]-[\w-]{10,}|AKIA[A-Z0-9]{16}|sk-[A-Za-z0-9_-]{20,}|eyJ[\w-]{10,2000}\.eyJ[\w-]{10,2000}\.[\w-]{10,2000})"
)
_STARTS = ("hf_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "AKIA", "sk-", "eyJ")
"""How the tokens of `_TOKEN` begin."""
_HINTS = ("pass", "pwd", "token", "secret", "_key", "-key", "apikey", "accesskey", "credential", "sig", "auth", "%")
"""What a text has in small letters if a name in it is one for a secret; % may stand for any letter in a query."""
_BEARER = re.compile(r"\b(Bearer|Basic) {1,3}[A-Za-z0-9+/=._~-]{12,4000}")


def is_secret_name(name: str) -> bool:
    """Whether an option, a variable or a part of a URL's query with this name holds a secret."""
    return bool(_NAME.search(name)) and not _NO_SECRETS.search(name)


def without_secrets(text: str, values: Iterable[str] = ()) -> str:
    """Return a text with its secrets hidden. What is hidden already stays as it is.

    Args:
        text: any text.
        values: secrets whose text is known.
    """
    for value in sorted(set(values), key=len, reverse=True):
        if value:
            text = text.replace(value, HIDDEN)
    if "://" in text and "@" in text:
        text = _URL.sub(_url, text)
    small = text.lower()
    if any(hint in small for hint in _HINTS):  # most texts have none, and looking for these words takes no time
        text = "".join(map(_hide_named, text.splitlines(keepends=True)))
    if any(start in text for start in _STARTS):
        text = _TOKEN.sub(HIDDEN, text)
    return _BEARER.sub(rf"\1 {HIDDEN}", text) if "bearer " in small or "basic " in small else text


def shown_words(words: Sequence[str]) -> list[str]:
    """Return the words of a command with their secrets hidden, also those that follow an option named for one."""
    shown = []
    is_value = False
    for word in words:
        name, equals, value = word.partition("=")
        is_option = word.startswith("-")
        if is_value and not is_option:
            shown.append(HIDDEN)
        elif is_option and equals and is_secret_name(name.lstrip("-")) and value:
            shown.append(f"{name}={HIDDEN}")
        else:
            place = _DATABASE.fullmatch(word)
            shown.append(place[1] + shown_url(place[2]) if place else without_secrets(word))
        is_value = is_option and not equals and is_secret_name(name.lstrip("-"))
    return shown


def shown_command(words: Sequence[str]) -> str:
    """Return a command as one line for a shell, with its secrets hidden."""
    return shlex.join(shown_words(words)).replace(f"'{HIDDEN}'", HIDDEN)


def secret_values(environment: Mapping[str, str]) -> frozenset[str]:
    """Return the secrets that environment variables hold: values of variables named for one, and passwords of URLs."""
    values: set[str] = set()
    for name, value in environment.items():
        if is_secret_name(name):
            values.add(value)
        elif "://" in value:
            values |= passwords(value)
    return frozenset(value for value in values if len(value) >= SHORTEST)


@cache
def own_secrets() -> frozenset[str]:
    """Return the secrets of this process's environment, as it was when this was first called."""
    return secret_values(os.environ)


def shown_url(url: str) -> str:
    """Return a database's URL as it may be printed: without its password, and with harmless parameters alone."""
    text = _PASSWORD.sub(rf"\g<1>{HIDDEN}", url)
    return without_secrets(_PARAMETER.sub(_shown_parameter, text))


def url_secrets(url: str) -> frozenset[str]:
    """Return what `shown_url` hides, as it is written and decoded."""
    raw = {match[2] for match in _PASSWORD.finditer(url)}
    raw |= {match[3] for match in _PARAMETER.finditer(_PASSWORD.sub("", url)) if _hides(match)}
    return passwords(url) | _forms(raw)


def passwords(url: str) -> frozenset[str]:
    """Return the secrets of a URL, each as it is written and decoded."""
    raw = {match[0][len(_prefix(match)) :] for match in _URL.finditer(url)}
    raw |= {match[3] for match in _QUERY.finditer(url) if is_secret_name(unquote_plus(match[2]))}
    return _forms(raw)


def _forms(values: Iterable[str]) -> frozenset[str]:
    forms = {form for value in values for form in (value, unquote(value), unquote_plus(value))}
    return frozenset(forms - {"", HIDDEN})


def _hides(parameter: re.Match[str]) -> bool:
    return bool(parameter[3]) and unquote_plus(parameter[2]).lower() not in _HARMLESS


def _shown_parameter(parameter: re.Match[str]) -> str:
    return f"{parameter[1]}{parameter[2]}={HIDDEN}" if _hides(parameter) else parameter[0]


def _hide_named(line: str) -> str:
    small = line.lower()
    if any(hint in small for hint in _HINTS):
        return _ASSIGNMENT.sub(_assignment, _QUERY.sub(_part, line))
    return line


def _prefix(match: re.Match[str]) -> str:
    return match["database"] or match["any"] or match["web"] or ""


def _url(match: re.Match[str]) -> str:
    return _prefix(match) + HIDDEN


def _part(match: re.Match[str]) -> str:
    name = unquote_plus(match[2]).lower()
    hides = match[3] and (is_secret_name(name) or name == "passfile")
    return f"{match[1]}{match[2]}={HIDDEN}" if hides else match[0]


def _assignment(match: re.Match[str]) -> str:
    name = match[1]
    hides = is_secret_name(name) and (name.isupper() or _PLAIN_NAME.search(name))
    return f"{match[1]}{match[2]}{match[3]}{HIDDEN}" if hides else match[0]
