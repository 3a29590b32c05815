"""Certificates and their way to a trust anchor (RFC 5280 clause 6), without dates: those are judged at proven times.

Strict where RFC 5280 leaves room: a CA with name or policy constraints, or any critical extension that is not known
here, is not followed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Final

from asn1crypto import x509

from kolportal.pades.trust import TEST_POLICY
from kolportal.pades.verification import der
from kolportal.pades.verification.keys import WeakAlgorithm, signed_by

MAX_BYTES: Final = 32 * 1024
"""Of one certificate."""
MAX_EXTENSIONS: Final = 64
MAX_LENGTH: Final = 6
"""Certificates of one path."""
MAX_CHECKS: Final = 60
"""Signatures of certificates that are looked at while one path is sought."""
_KNOWN_CRITICAL: Final = frozenset(
    {"basic_constraints", "key_usage", "extended_key_usage", "certificate_policies", "subject_alt_name"}
)
_CONSTRAINTS: Final = frozenset(
    {"name_constraints", "policy_constraints", "inhibit_any_policy", "policy_mappings"}
)
_SHORT: Final = {
    "common_name": "CN",
    "organizational_unit_name": "OU",
    "organization_name": "O",
    "locality_name": "L",
    "state_or_province_name": "ST",
    "country_name": "C",
}


class Certificate:
    """A parsed X.509 certificate. Raises ValueError for what is none, or not in DER form."""

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_BYTES or not der.is_strict(data):
            raise ValueError("a certificate is not in DER form")
        self.der = data
        self.parsed = x509.Certificate.load(data, strict=True)
        tbs = self.parsed["tbs_certificate"]
        self.subject: bytes = tbs["subject"].dump()
        self.issuer: bytes = tbs["issuer"].dump()
        self.serial: int = tbs["serial_number"].native
        validity = tbs["validity"]
        self.not_before: datetime = validity["not_before"].native
        self.not_after: datetime = validity["not_after"].native
        self.extensions: dict[str, tuple[bool, Any]] = {}
        if len(tbs["extensions"] or ()) > MAX_EXTENSIONS:
            raise ValueError("a certificate has too many extensions")
        for extension in tbs["extensions"] or ():
            name = extension["extn_id"].native
            if name in self.extensions:
                raise ValueError("a certificate has an extension twice")
            self.extensions[name] = (extension["critical"].native, extension["extn_value"].parsed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and other.der == self.der

    def __hash__(self) -> int:
        return hash(self.der)

    @cached_property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.der).hexdigest()

    @cached_property
    def is_ca(self) -> bool:
        constraints = self._value("basic_constraints")
        return bool(constraints is not None and constraints["ca"].native)

    @property
    def path_length(self) -> int | None:
        constraints = self._value("basic_constraints")
        length = None if constraints is None else constraints["path_len_constraint"].native
        return int(length) if length is not None else None

    def may(self, *uses: str) -> bool:
        """Whether key usage allows one of ``uses``; without the extension nothing is excluded."""
        usage = self._value("key_usage")
        return usage is None or bool(set(uses) & usage.native)

    @property
    def purposes(self) -> frozenset[str] | None:
        """Extended key usage; None where there is none."""
        value = self._value("extended_key_usage")
        return None if value is None else frozenset(value.native)

    @property
    def is_test(self) -> bool:
        """Whether it carries the policy of test certificates."""
        policies = self._value("certificate_policies")
        return policies is not None and any(
            one["policy_identifier"].dotted == TEST_POLICY for one in policies
        )

    @property
    def distribution_points(self) -> Sequence[Any]:
        """``cRLDistributionPoints`` (RFC 5280 clause 4.2.1.13); empty where there are none."""
        return self._value("crl_distribution_points") or ()

    @property
    def never_checked(self) -> bool:
        """``id-pkix-ocsp-nocheck`` (RFC 6960 clause 4.2.2.2.1)."""
        return "ocsp_no_check" in self.extensions

    def critical(self, name: str) -> bool:
        return self.extensions.get(name, (False, None))[0]

    def _value(self, name: str) -> Any:
        return self.extensions.get(name, (False, None))[1]

    @cached_property
    def name(self) -> str:
        """The whole subject, for showing."""
        return _written(self.parsed.subject)

    @cached_property
    def issuer_name(self) -> str:
        return _written(self.parsed.issuer)

    @cached_property
    def common_name(self) -> str:
        """Common name of the subject; the whole subject where it has none."""
        for part in self.parsed.subject.chosen:
            for attribute in part:
                if attribute["type"].native == "common_name":
                    return str(attribute["value"].native)
        return self.name

    def issued_by(self, issuer: Certificate) -> bool:
        """Whether ``issuer``'s key signed this certificate. Raises WeakAlgorithm."""
        if self.parsed["signature_algorithm"].dump() != self.parsed["tbs_certificate"]["signature"].dump():
            return False
        return signed_by(
            issuer.parsed.public_key,
            self.parsed["signature_algorithm"],
            self.parsed.signature,
            self.parsed["tbs_certificate"].dump(),
        )


def _written(name: x509.Name) -> str:
    """A name for showing, the most telling part first, somewhat as RFC 4514 has it: ``CN=…, O=…, C=VN``."""
    parts = [
        f"{_SHORT.get(attribute['type'].native, attribute['type'].native)}={attribute['value'].native}"
        for part in reversed(name.chosen)
        for attribute in part
    ]
    return ", ".join(parts)


@lru_cache(maxsize=128)
def loaded(data: bytes) -> Certificate:
    """A parsed certificate; the same few come in every file. Raises ValueError."""
    try:
        return Certificate(data)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ValueError(f"a certificate cannot be read: {error}") from error


def readable(many: Iterable[bytes]) -> list[Certificate]:
    """Those of ``many`` that can be read, each once."""
    found: dict[Certificate, None] = {}
    for data in many:
        try:
            found[loaded(data)] = None
        except ValueError:
            continue
    return list(found)


@dataclass(frozen=True)
class Path:
    """From a certificate up to, and without, the anchor. A certificate that was handed in itself has an empty way."""

    certificates: tuple[Certificate, ...]
    anchor: Certificate

    def pairs(self) -> list[tuple[Certificate, Certificate]]:
        """Each certificate with its issuer."""
        return list(zip(self.certificates, (*self.certificates, self.anchor)[1:], strict=False))

    def outside(self, moment: datetime) -> tuple[Certificate, bool] | None:
        """The first certificate whose dates do not hold at ``moment``, and whether it is not valid *yet*."""
        for certificate in self.certificates or (self.anchor,):
            if moment < certificate.not_before:
                return certificate, True
            if moment > certificate.not_after:
                return certificate, False
        return None


class NoPath(Exception):
    """No way to an anchor. ``is_known``: a way was found, but a certificate on it may not do what it does."""

    def __init__(self, text: str, *, is_known: bool = False) -> None:
        super().__init__(text)
        self.is_known = is_known


def path(leaf: Certificate, others: Sequence[Certificate], anchors: Sequence[Certificate]) -> Path:
    """The way from ``leaf`` over ``others`` to one of ``anchors``. Raises NoPath."""
    if leaf in anchors:
        return Path((), leaf)
    if not anchors:
        raise NoPath("no root was handed in")
    search = _Search(others, anchors)
    found = search.up((leaf,))
    if found is None:
        raise NoPath(
            search.why or "no way leads to a root that was handed in", is_known=search.why is not None
        )
    return found


class _Search:
    def __init__(self, others: Sequence[Certificate], anchors: Sequence[Certificate]) -> None:
        self.others, self.anchors = others, anchors
        self.checks = 0
        self.why: str | None = None

    def up(self, way: tuple[Certificate, ...]) -> Path | None:
        last = way[-1]
        for anchor in self.anchors:
            if self._issued(last, anchor) and self._may_issue(anchor, way, is_anchor=True):
                return self._complete(Path(way, anchor))
        if len(way) >= MAX_LENGTH:
            return None
        for other in self.others:
            if other not in way and self._issued(last, other) and self._may_issue(other, way):
                found = self.up((*way, other))
                if found is not None:
                    return found
        return None

    def _issued(self, certificate: Certificate, issuer: Certificate) -> bool:
        if certificate.issuer != issuer.subject:
            return False
        self.checks += 1
        if self.checks > MAX_CHECKS:
            raise NoPath("too many certificates claim to be of one issuer")
        try:
            return certificate.issued_by(issuer)
        except WeakAlgorithm as error:
            self.why = str(error)
            return False

    def _may_issue(self, issuer: Certificate, way: Sequence[Certificate], *, is_anchor: bool = False) -> bool:
        constraints = issuer.extensions
        if not issuer.is_ca and not (is_anchor and "basic_constraints" not in constraints):
            self.why = f"{issuer.name} is no certification authority"
        elif not issuer.may("key_cert_sign"):
            self.why = f"{issuer.name} may not sign certificates"
        elif issuer.path_length is not None and len(way) - 1 > issuer.path_length:
            self.why = f"the chain below {issuer.name} is longer than it allows"
        else:
            return True
        return False

    def _complete(self, found: Path) -> Path | None:
        for certificate in (*found.certificates, found.anchor):
            unknown = [
                name for name, (critical, _) in certificate.extensions.items()
                if name in _CONSTRAINTS or (critical and name not in _KNOWN_CRITICAL)
            ]  # fmt: skip
            if unknown:
                self.why = f"{certificate.name} has constraints that are not known here: {unknown[0]}"
                return None
        return found
