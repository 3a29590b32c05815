"""What may be wrong with an answer of the test PKI, and how it is made wrong."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Final, Literal, get_args

from asn1crypto import algos, cms, core, tsp
from certomancer.crypto_utils import generic_sign
from werkzeug.wrappers import Response

from tests.servers import PATIENCE

Fault = Literal[
    "unavailable",  # 503
    "hang",  # accepts the request and says nothing
    "drip",  # a byte every 50 ms
    "endless",  # a body without an end
    "redirect",  # 302 to another host
    "garbage",  # 200 and no ASN.1
    "empty",  # 200 and nothing
    "outdated",  # dated 60 days back
    "wrong-nonce",
    "no-nonce",
    "wrong-digest",  # a token of another document
    "rejected",  # PKIStatus rejection, with a sentence
    "altered",  # a bit of the token's signature is flipped
]
FAULTS: Final[tuple[str, ...]] = get_args(Fault)
OUTDATED_BY: Final = timedelta(days=60)
DRIP_SECONDS: Final = 0.05


def instead(fault: str, *, closing: Event) -> Response | None:
    """An answer that needs no service behind it; None where ``fault`` is of another kind."""
    match fault:
        case "unavailable":
            return Response("not now", status=503)
        case "hang":
            closing.wait(PATIENCE)
            return Response(b"")
        case "endless":
            return Response(_endless(closing), mimetype="application/octet-stream")
        case "redirect":
            return Response(status=302, headers={"Location": "http://127.0.0.2:9/elsewhere"})
        case "garbage":
            return Response(b"<html>it works</html>", mimetype="text/html")
        case "empty":
            return Response(b"")
        case "rejected":
            info = {"status": "rejection", "status_string": ["not for you"], "fail_info": {"bad_request"}}
            status = tsp.PKIStatusInfo(info).dump()  # RFC 3161 2.4.2: alone in the response, without a token
            return Response(bytes((0x30, len(status))) + status, mimetype="application/timestamp-reply")
    return None


def spoil_request(fault: str, body: bytes) -> bytes:
    """The time-stamp request that the authority gets to see."""
    if fault not in {"wrong-nonce", "no-nonce", "wrong-digest"}:
        return body
    request = tsp.TimeStampReq.load(body)
    imprint = {
        "hash_algorithm": request["message_imprint"]["hash_algorithm"],
        "hashed_message": request["message_imprint"]["hashed_message"].native,
    }
    if fault == "wrong-digest":
        imprint["hashed_message"] = hashlib.new(
            request["message_imprint"]["hash_algorithm"]["algorithm"].native, b"another document"
        ).digest()
    spoiled = {"version": "v1", "message_imprint": imprint, "cert_req": True}
    if fault == "wrong-nonce":
        spoiled["nonce"] = request["nonce"].native + 1
    elif fault == "wrong-digest" and request["nonce"].native is not None:
        spoiled["nonce"] = request["nonce"].native
    return bytes(tsp.TimeStampReq(spoiled).dump())


def drip(response: Response, *, closing: Event) -> Response:
    """The same answer, a byte at a time."""
    data = response.get_data()

    def slowly() -> Iterator[bytes]:
        for position in range(len(data)):
            if closing.is_set():
                return
            time.sleep(DRIP_SECONDS)
            yield data[position : position + 1]

    return Response(slowly(), headers={"Content-Type": response.headers["Content-Type"]})


def finished_token(response: Response, *, key: object, spoiled: bool) -> Response:
    """certomancer's token signed anew as authorities of today do: ESSCertIDv2 with SHA-256 (RFC 5816), not SHA-1."""
    answer = tsp.TimeStampResp.load(response.get_data())
    token = answer["time_stamp_token"]["content"]
    signer = token["signer_infos"][0]
    certificate = next(
        choice.chosen
        for choice in token["certificates"]
        if choice.chosen.serial_number == signer["sid"].chosen["serial_number"].native
        and choice.chosen.issuer == signer["sid"].chosen["issuer"]
    )
    reference = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(certificate.dump()).digest()})
    attributes = cms.CMSAttributes(
        [
            *(item for item in signer["signed_attrs"] if item["type"].native != "signing_certificate"),
            cms.CMSAttribute(
                {
                    "type": "signing_certificate_v2",
                    "values": [tsp.SigningCertificateV2({"certs": [reference]})],
                }
            ),
        ]
    )
    algorithm = algos.SignedDigestAlgorithm({"algorithm": signer["signature_algorithm"]["algorithm"].native})
    signature = generic_sign(key, attributes.dump(), algorithm)
    if spoiled:
        signature = signature[:-1] + bytes((signature[-1] ^ 1,))
    signer["signed_attrs"] = attributes
    signer["signature"] = core.OctetString(signature)
    return Response(answer.dump(), mimetype="application/timestamp-reply")


def _endless(closing: Event) -> Iterator[bytes]:
    while not closing.is_set():
        yield bytes(65536)
