"""Authorities of an attacker's choice under the roots of the vectors: certificates, lists, answers, and seals by them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from asn1crypto import cms, core, ocsp, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kolportal.pades.verification.objects import Name
from tests.vectors import pki, sealing, tokens
from tests.vectors.writer import Update, signed, text

STAMPED_AT: Final = datetime(2026, 9, 10, 3, 0, tzinfo=UTC)
_UNTIL: Final = datetime(2044, 1, 1, tzinfo=UTC)
_REFERENCE: Final = {
    "Type": Name("SigRef"),
    "TransformMethod": Name("DocMDP"),
    "TransformParams": {"Type": Name("TransformParams"), "V": Name("1.2"), "P": 2},
}
_SEAL: Final = {
    "Type": Name("Sig"),
    "Filter": Name("Adobe.PPKLite"),
    "SubFilter": Name("ETSI.CAdES.detached"),
    "M": text("D:20260910013000Z"),
    "Reference": [_REFERENCE],
}


@dataclass(frozen=True)
class Party:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: pki.PrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def parsed(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.der)

    @property
    def serial(self) -> int:
        return self.certificate.serial_number

    def sign(self, data: bytes) -> tuple[str, bytes]:
        """Algorithm and value."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return "sha256_rsa", self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return "sha256_ecdsa", self.key.sign(data, ec.ECDSA(hashes.SHA256()))


def party(label: str) -> Party:
    """One of the vectors' own."""
    return Party(pki.certificate(label), pki.key(label))


def issued(
    name: str,
    by: Party,
    *,
    is_ca: bool = False,
    subject: x509.Name | None = None,
    key: pki.PrivateKey | None = None,
    until: datetime = _UNTIL,
    extensions: Sequence[x509.ExtensionType] = (),
) -> Party:
    """A certificate by ``by``; ``extensions`` beside those that it needs."""
    own = key or pki.key(f"attacker's {name}")
    usage: dict[str, bool] = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    )
    usage |= {
        "digital_signature": not is_ca,
        "content_commitment": not is_ca,
        "key_cert_sign": is_ca,
        "crl_sign": is_ca,
    }
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(by.certificate.subject)
        .public_key(own.public_key())
        .serial_number(pki.number(f"attacker's {name}") >> 100)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
    )  # fmt: skip
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return Party(builder.sign(_elliptic(by), hashes.SHA256()), own)


def points(*addresses: str) -> x509.CRLDistributionPoints:
    names = [x509.UniformResourceIdentifier(one) for one in addresses]
    return x509.CRLDistributionPoints([x509.DistributionPoint(names, None, None, None)])


def part(address: str) -> x509.IssuingDistributionPoint:
    """The mark of a list that is only a part of all."""
    return x509.IssuingDistributionPoint(
        [x509.UniformResourceIdentifier(address)], None, False, False, None, False, False
    )


RESPONDER: Final = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]),)


def listed(
    by: Party,
    revoked: Mapping[int, datetime] | None = None,
    *,
    at: datetime = pki.LISTED_AT,
    until: datetime = pki.LISTED_UNTIL,
    of: x509.IssuingDistributionPoint | None = None,
) -> bytes:
    """A revocation list of serial numbers."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(by.certificate.subject)
    builder = builder.last_update(at).next_update(until)
    for serial, since in (revoked or {}).items():
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
        builder = builder.add_revoked_certificate(entry.build())
    if of is not None:
        builder = builder.add_extension(of, critical=True)
    return builder.sign(_elliptic(by), hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def answered(of: Party, issuer: Party, by: Party, *, revoked: datetime | None = None) -> bytes:
    """An OCSP response that encloses its signer's certificate."""
    about = {
        "hash_algorithm": {"algorithm": "sha256"},
        "issuer_name_hash": hashlib.sha256(issuer.parsed.subject.dump()).digest(),
        "issuer_key_hash": hashlib.sha256(bytes(issuer.parsed.public_key["public_key"])).digest(),
        "serial_number": of.serial,
    }
    status = (
        ocsp.CertStatus("good")
        if revoked is None
        else ocsp.CertStatus("revoked", {"revocation_time": revoked})
    )
    single = {
        "cert_id": about,
        "cert_status": status,
        "this_update": pki.LISTED_AT,
        "next_update": pki.LISTED_UNTIL,
    }
    body = ocsp.ResponseData(
        {
            "responder_id": ocsp.ResponderId("by_name", by.parsed.subject),
            "produced_at": pki.LISTED_AT,
            "responses": [single],
        }
    )
    kind, value = by.sign(body.dump())
    basic = {
        "tbs_response_data": body,
        "signature_algorithm": {"algorithm": kind},
        "signature": value,
        "certs": [by.parsed],
    }
    inner = {"response_type": "basic_ocsp_response", "response": ocsp.BasicOCSPResponse(basic)}
    whole = ocsp.OCSPResponse({"response_status": "successful", "response_bytes": inner})
    return bytes(whole.dump())


def sealed_by(leaf: Party, *chain: Party, is_stamped: bool = False) -> bytes:
    """The vectors' document with a seal by ``leaf``, ``chain`` enclosed; ``is_stamped``: with a time-stamp over it."""
    make = partial(_message, leaf=leaf, chain=chain, is_stamped=is_stamped)
    return signed(
        Update(sealing.base()), field_name="Seal", entries=_SEAL, contents=make, room=12_000, certify=True
    )


def _message(data: bytes, *, leaf: Party, chain: Sequence[Party], is_stamped: bool) -> bytes:
    reference = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(leaf.der).digest()})
    values: dict[str, Any] = {
        "content_type": cms.ContentType("data"),
        "message_digest": core.OctetString(hashlib.sha256(data).digest()),
        "signing_certificate_v2": tsp.SigningCertificateV2({"certs": [reference]}),
    }
    attributes = cms.CMSAttributes(
        [cms.CMSAttribute({"type": kind, "values": [value]}) for kind, value in values.items()]
    )
    kind, value = leaf.sign(attributes.dump())
    info: dict[str, Any] = {
        "version": "v1",
        "sid": cms.IssuerAndSerialNumber({"issuer": leaf.parsed.issuer, "serial_number": leaf.serial}),
        "digest_algorithm": {"algorithm": "sha256"},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": kind},
        "signature": value,
    }
    if is_stamped:
        token = tokens.timestamp(hashlib.sha256(value).digest(), at=STAMPED_AT)
        stamp = {"type": "signature_time_stamp_token", "values": [cms.ContentInfo.load(token)]}
        info["unsigned_attrs"] = cms.CMSAttributes([cms.CMSAttribute(stamp)])
    body = {
        "version": "v1",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": {"content_type": "data"},
        "certificates": sorted((one.parsed for one in (leaf, *chain)), key=lambda one: bytes(one.dump())),
        "signer_infos": [cms.SignerInfo(info)],
    }
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(body)}).dump())


def _elliptic(one: Party) -> ec.EllipticCurvePrivateKey:
    assert isinstance(one.key, ec.EllipticCurvePrivateKey)
    return one.key
