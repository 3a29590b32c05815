"""Time-stamps: RFC 3161 tokens over the value of the seal, or over the file up to them (ETSI EN 319 142-1 clause 5.4.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import tsp

from kolportal.pades.verification import der, messages
from kolportal.pades.verification.keys import HASHES, WeakAlgorithm
from kolportal.pades.verification.messages import BadMessage, Message


@dataclass(frozen=True)
class Stamp:
    """One token as it stands in the file. ``revision`` is the last one that it covers; ``fault`` why it proves nothing."""

    kind: str
    revision: int
    time: datetime | None = None
    message: Message | None = None
    fault: str | None = None


def read(kind: str, token: bytes, revision: int, digest: Callable[[str], bytes]) -> Stamp:
    """Take a token apart; ``digest`` gives the hash that it must be of. Trust in its authority is not judged here."""
    try:
        message = messages.read(token)
        content, info = _info(message)
        fault = _fault(message, content, info, digest)
        return Stamp(kind, revision, info["gen_time"].native, message, fault)
    except (BadMessage, WeakAlgorithm) as error:
        return Stamp(kind, revision, fault=str(error))
    except der.MALFORMED as error:
        return Stamp(kind, revision, fault=f"the time-stamp cannot be read: {type(error).__name__}")


def _info(message: Message) -> tuple[bytes, tsp.TSTInfo]:
    if message.content_type != "tst_info" or message.content is None:
        raise BadMessage("the time-stamp encloses no TSTInfo")
    if not der.is_strict(message.content):
        raise BadMessage("the time-stamp is not in DER form")
    info = tsp.TSTInfo.load(message.content, strict=True)
    if any(extension["critical"].native for extension in info["extensions"] or ()):
        raise BadMessage("the time-stamp has a critical extension that is not known")
    return message.content, info


def _fault(message: Message, content: bytes, info: tsp.TSTInfo, digest: Callable[[str], bytes]) -> str | None:
    if message.faults:
        return message.faults[0]
    if hashlib.new(message.digest_name, content).digest() != message.message_digest:
        return "the time-stamp was altered"
    if message.signer is None:
        return "the time-stamp does not enclose its certificate"
    if not message.is_signed():
        return "the signature of the time-stamp is not by the key of its certificate"
    imprint = info["message_imprint"]
    name = imprint["hash_algorithm"]["algorithm"].native
    if name not in HASHES:
        return f"the time-stamp is over a hash that is not accepted: {str(name)[:20]}"
    if digest(name) != imprint["hashed_message"].native:
        return "the time-stamp is of something else"
    return None
