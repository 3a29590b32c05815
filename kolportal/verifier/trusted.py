"""``trusted.json``: whom ``kolportal-verify`` believes. Documented in docs/verifier.md; read strictly.

::

    {"format": "kolportal-trusted/1",
     "seal_roots": ["-----BEGIN CERTIFICATE-----…"],
     "timestamp_roots": ["-----BEGIN CERTIFICATE-----…"],
     "log": {"origin": "…", "keys": ["name+id+key"], "witnesses": ["name+id+key"], "quorum": 1},
     "crls": ["base64 of DER"], "ocsps": ["base64 of DER"]}

``log`` may be null: then nothing is shown to be logged. ``crls`` and ``ocsps`` may be left out. Nothing else may stand there.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from kolportal.pades.trust import Trust
from kolportal.pades.verification.chains import loaded
from kolportal.transparency import LogPolicy, TransparencyError

FORMAT: Final = "kolportal-trusted/1"
MAX_BYTES: Final = 16 * 1024 * 1024
MAX_ITEMS: Final = 64
_REQUIRED: Final = frozenset({"format", "seal_roots", "timestamp_roots", "log"})
_OPTIONAL: Final = frozenset({"crls", "ocsps"})
_LOG: Final = frozenset({"origin", "keys", "witnesses", "quorum"})
_PEM: Final = re.compile(r"\s*-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")


class KeysFault(StrEnum):
    """What is wrong with a file of trusted keys, by what mends it. Others put these into words for a person."""

    TOO_LONG = "too-long"
    NOT_JSON = "not-json"
    ANOTHER_FORMAT = "another-format"
    """Not a file of trusted keys, or of a version that is not known here."""
    NAMES = "names"
    """A name is missing, or one stands there that is not documented."""
    VALUE = "value"
    """A value is of another kind than documented."""
    CERTIFICATE = "certificate"
    """A root is not one certificate in PEM."""
    BASE64 = "base64"
    """A CRL or OCSP response is not base64."""
    LOG = "log"
    """The log's keys, or how many witnesses are asked for, cannot be."""


class BadKeys(Exception):
    """The file of trusted keys is not as documented; the text names the detail for an engineer."""

    def __init__(self, fault: KeysFault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault


@dataclass(frozen=True)
class TrustedKeys:
    """Roots and evidence for the seal; the log and its witnesses, None where no log is named."""

    trust: Trust
    log: LogPolicy | None


def read(data: bytes) -> TrustedKeys:
    """Parse the file. Raises BadKeys."""
    if len(data) > MAX_BYTES:
        raise BadKeys(KeysFault.TOO_LONG, f"longer than {MAX_BYTES} bytes")
    try:
        given = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise BadKeys(KeysFault.NOT_JSON, f"not JSON: {error}") from error
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        raise BadKeys(KeysFault.ANOTHER_FORMAT, f'"format" is not "{FORMAT}"')
    _check_names(given, _REQUIRED, _OPTIONAL)
    trust = Trust(
        seal_roots=tuple(map(_certificate, _texts(given, "seal_roots"))),
        timestamp_roots=tuple(map(_certificate, _texts(given, "timestamp_roots"))),
        crls=tuple(map(_base64, _texts(given, "crls"))),
        ocsps=tuple(map(_base64, _texts(given, "ocsps"))),
    )
    return TrustedKeys(trust, _log(given["log"]))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _check_names(
    given: dict[str, Any], required: frozenset[str], optional: frozenset[str] = frozenset()
) -> None:
    missing, unknown = required - given.keys(), given.keys() - required - optional
    if missing or unknown:
        raise BadKeys(KeysFault.NAMES, f"missing {sorted(missing)}, unknown {sorted(unknown)}")


def _texts(given: dict[str, Any], name: str) -> list[str]:
    value = given.get(name, [])
    if (
        not isinstance(value, list)
        or len(value) > MAX_ITEMS
        or not all(isinstance(one, str) for one in value)
    ):
        raise BadKeys(KeysFault.VALUE, f'"{name}" is not a list of at most {MAX_ITEMS} texts')
    return value


def _certificate(pem: str) -> bytes:
    match = _PEM.fullmatch(pem)
    if match is None:
        raise BadKeys(KeysFault.CERTIFICATE, "a root is not one certificate in PEM")
    try:
        return loaded(base64.b64decode("".join(match[1].split()), validate=True)).der
    except ValueError as error:
        raise BadKeys(KeysFault.CERTIFICATE, str(error)) from error


def _base64(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise BadKeys(KeysFault.BASE64, str(error)) from error


def _log(given: Any) -> LogPolicy | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise BadKeys(KeysFault.VALUE, '"log" is neither an object nor null')
    _check_names(given, _LOG)
    origin, quorum = given["origin"], given["quorum"]
    if not isinstance(origin, str) or type(quorum) is not int:
        raise BadKeys(KeysFault.VALUE, '"origin" is no text or "quorum" no number')
    try:
        return LogPolicy.of(
            origin=origin, log_keys=_texts(given, "keys"), witnesses=_texts(given, "witnesses"), quorum=quorum
        )
    except TransparencyError as error:
        raise BadKeys(KeysFault.LOG, str(error)) from error
