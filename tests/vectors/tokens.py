"""CMS signatures, time-stamp tokens and OCSP responses with the fixed keys of :mod:`tests.vectors.pki`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from asn1crypto import algos, cms, core, ocsp, tsp

from tests.vectors import pki

ROOM: Final = 6144
"""Bytes for a seal with a time-stamp in it."""
STAMP_ROOM: Final = 3072


def signed_data(
    label: str,
    data: bytes,
    *,
    enclosed: Sequence[str] = (),
    content: tsp.TSTInfo | None = None,
    tokens: Sequence[bytes | str] = (),
) -> bytes:
    """SignedData by ``label``: detached over ``data``, or of ``content``. ``tokens``
    become signature time-stamps: authorities by their labels, or DER."""
    name = pki.digest_name(label)
    signer = pki.parsed(label)
    kind = "tst_info" if content is not None else "data"
    covered = content.dump() if content is not None else data
    reference = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(signer.dump()).digest()})
    attributes = cms.CMSAttributes(
        [
            _attribute("content_type", cms.ContentType(kind)),
            _attribute("message_digest", core.OctetString(hashlib.new(name, covered).digest())),
            _attribute("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [reference]})),
        ]
    )
    algorithm = "rsa" if label.endswith("-rsa") else "ecdsa"
    digest = algos.DigestAlgorithm({"algorithm": name})
    info: dict[str, Any] = {
        "version": "v1",
        "sid": cms.IssuerAndSerialNumber({"issuer": signer.issuer, "serial_number": signer.serial_number}),
        "digest_algorithm": digest,
        "signed_attrs": attributes,
        "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": f"{name}_{algorithm}"}),
        "signature": pki.sign(label, attributes.dump()),
    }
    value = info["signature"]
    made = [
        timestamp(hashlib.sha256(value).digest(), by=one) if isinstance(one, str) else one for one in tokens
    ]
    if made:
        parsed = [cms.ContentInfo.load(one) for one in made]
        info["unsigned_attrs"] = cms.CMSAttributes(
            [cms.CMSAttribute({"type": "signature_time_stamp_token", "values": parsed})]
        )
    body = {
        "version": "v3" if content is not None else "v1",
        "digest_algorithms": [digest],
        "encap_content_info": {
            "content_type": kind,
            **({"content": core.ParsableOctetString(covered)} if content is not None else {}),
        },
        "certificates": sorted((pki.parsed(one) for one in (label, *enclosed)), key=lambda one: one.dump()),
        "signer_infos": [cms.SignerInfo(info)],
    }
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(body)}).dump())


def timestamp(imprint: bytes, *, by: str = "tsa", at: datetime = pki.STAMPED_AT) -> bytes:
    """An RFC 3161 token over ``imprint`` (SHA-256)."""
    info = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": "2.25.1",
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": imprint},
            "serial_number": pki.number(f"token {imprint.hex()}") >> 160,
            "gen_time": at,
        }
    )
    return signed_data(by, b"", content=info)


def ocsp_response(label: str, issuer: str, *, at: datetime) -> bytes:
    """A response that says "good" of ``label``, by the delegated responder of ``issuer``."""
    about = ocsp.CertId(
        {
            "hash_algorithm": {"algorithm": "sha256"},
            "issuer_name_hash": hashlib.sha256(pki.parsed(issuer).subject.dump()).digest(),
            "issuer_key_hash": hashlib.sha256(bytes(pki.parsed(issuer).public_key["public_key"])).digest(),
            "serial_number": pki.parsed(label).serial_number,
        }
    )
    single = {
        "cert_id": about,
        "cert_status": ocsp.CertStatus("good"),
        "this_update": at,
        "next_update": at + timedelta(days=30),
    }
    body = ocsp.ResponseData(
        {
            "responder_id": ocsp.ResponderId("by_name", pki.parsed("ocsp").subject),
            "produced_at": at,
            "responses": [single],
        }
    )
    basic = ocsp.BasicOCSPResponse(
        {
            "tbs_response_data": body,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": pki.sign("ocsp", body.dump()),
            "certs": [pki.parsed("ocsp")],
        }
    )
    response = {"response_type": "basic_ocsp_response", "response": basic}
    return bytes(ocsp.OCSPResponse({"response_status": "successful", "response_bytes": response}).dump())


def _attribute(kind: str, value: Any) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": [value]})
