"""Sealing keys that never leave their device: PKCS#11 (OASIS, v2.40 and later), by python-pkcs11.

A session belongs to the process that opened it. After a fork the child finds that it is another process, initialises the
module anew and opens its own session; the parent's goes on. A module that speaks to a device over the network may still
share its connection across the fork, so workers best load their key after they were forked, as the portal does.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from kolportal.pades.errors import (
    KeyMismatch,
    KeyMissing,
    KeyUnsupported,
    TokenFailed,
    TokenMissing,
    WrongPassphrase,
)
from kolportal.pades.keys import SealKey, assemble, certificates_of, hash_called
from kolportal.pades.paths import signed

if TYPE_CHECKING:
    import pkcs11

PROBE: Final = b"kolportal: does this key belong to its certificate?"

_lock = RLock()
_sessions: dict[tuple[int, Path, str], pkcs11.Session] = {}
"""Open sessions by process, module and token label."""
_initialised: dict[Path, int] = {}
"""Which process called C_Initialize of a module: it is called anew after a fork."""


def _after_fork() -> None:
    global _lock  # a thread of the parent may have held it; that thread is not here
    _lock = RLock()


os.register_at_fork(after_in_child=_after_fork)


@dataclass(frozen=True)
class Pkcs11Signer:
    """A private key on a token, named by its label or its id (CKA_LABEL, CKA_ID)."""

    module: Path
    token_label: str
    pin: str = field(repr=False)
    key_label: str | None = None
    key_id: bytes | None = None

    def sign(self, data: bytes, *, digest_name: str) -> bytes:
        """Raises TokenMissing, WrongPassphrase, KeyUnsupported, TokenFailed. A lost session is opened anew, once."""
        import pkcs11

        with _lock:
            try:
                return self._sign(data, digest_name)
            except (TokenMissing, WrongPassphrase, KeyUnsupported):
                raise
            except (pkcs11.PKCS11Error, TokenFailed):
                _close(self.module, self.token_label)
            try:
                return self._sign(data, digest_name)
            except pkcs11.PKCS11Error as error:
                raise TokenFailed(f"the token {self.token_label!r} did not sign: {_told(error)}") from error

    def _sign(self, data: bytes, digest_name: str) -> bytes:
        import pkcs11

        key: Any = _object(
            self.session(), pkcs11.ObjectClass.PRIVATE_KEY, label=self.key_label, key_id=self.key_id
        )
        if key is None:
            raise TokenMissing(f"no such private key on the token {self.token_label!r}")
        if key.key_type is pkcs11.KeyType.EC:
            # devices that hash by themselves are few: the raw mechanism takes the digest and gives r and s
            digest = hashlib.new(digest_name, data).digest()
            raw = key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA)
            half = len(raw) // 2
            return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))
        if key.key_type is pkcs11.KeyType.RSA:
            mechanism = (
                pkcs11.Mechanism.SHA384_RSA_PKCS
                if digest_name == "sha384"
                else pkcs11.Mechanism.SHA256_RSA_PKCS
            )
            return bytes(key.sign(data, mechanism=mechanism))
        raise KeyUnsupported(f"a {key.key_type} key does not seal")

    def session(self) -> pkcs11.Session:
        """The session of this process with the token, opened where there is none."""
        name = (os.getpid(), self.module, self.token_label)
        with _lock:
            if name not in _sessions:
                _sessions[name] = _opened(self.module, self.token_label, self.pin)
            return _sessions[name]


def load_pkcs11(
    *,
    module: Path,
    token_label: str,
    pin: str,
    key_label: str | None = None,
    key_id: bytes | None = None,
    certificate_pem: bytes = b"",
    chain_pem: bytes = b"",
) -> SealKey:
    """The key of that label or id on the token of that label, through the PKCS#11 library ``module``.

    The certificate comes from ``certificate_pem`` (which may hold the chain too), else from the token under the key's label
    or id; ``chain_pem`` adds to the chain. Whether key and certificate belong together is tried by signing. Raises
    TokenMissing, WrongPassphrase, KeyMissing, KeyUnsupported, KeyMismatch, KeyUsageWrong, TokenFailed.
    """
    signer = Pkcs11Signer(module=module, token_label=token_label, pin=pin, key_label=key_label, key_id=key_id)
    if certificate_pem.strip():
        certificate, *others = certificates_of(certificate_pem)
    else:
        certificate, others = _certificate(signer), []
    if chain_pem.strip():
        others += certificates_of(chain_pem)
    key = assemble(signer=signer, public_key=certificate.public_key(), certificate=certificate, others=others)
    _check_belongs(key)
    return key


def _certificate(signer: Pkcs11Signer) -> x509.Certificate:
    import pkcs11

    with _lock:
        found: Any = _object(
            signer.session(), pkcs11.ObjectClass.CERTIFICATE, label=signer.key_label, key_id=signer.key_id
        )
        if found is None:
            raise KeyMissing("the token holds no certificate for the key, and none was given")
        return x509.load_der_x509_certificate(bytes(found[pkcs11.Attribute.VALUE]))


def _check_belongs(key: SealKey) -> None:
    if not signed(PROBE, key.sign(PROBE), by=key.certificate, algorithm=hash_called(key.digest_name)):
        raise KeyMismatch("the key on the token does not belong to the sealing certificate")


def _object(
    session: pkcs11.Session, kind: object, *, label: str | None, key_id: bytes | None
) -> object | None:
    import pkcs11

    wanted: dict[Any, Any] = {pkcs11.Attribute.CLASS: kind}
    if label is not None:
        wanted[pkcs11.Attribute.LABEL] = label
    if key_id is not None:
        wanted[pkcs11.Attribute.ID] = key_id
    # to the end: a search that is left open blocks the next one in the session
    found = list(session.get_objects(wanted))
    return found[0] if found else None


def _opened(module: Path, token_label: str, pin: str) -> pkcs11.Session:
    import pkcs11

    try:
        library = pkcs11.lib(str(module))
        if _initialised.setdefault(module, os.getpid()) != os.getpid():
            library.reinitialize()
            _initialised[module] = os.getpid()
        return library.get_token(token_label=token_label).open(user_pin=pin)
    except (pkcs11.NoSuchToken, pkcs11.TokenNotPresent, pkcs11.TokenNotRecognised) as error:
        raise TokenMissing(f"no token {token_label!r}") from error
    except pkcs11.MultipleTokensReturned as error:
        raise TokenMissing(f"more than one token is called {token_label!r}") from error
    except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange) as error:
        raise WrongPassphrase(f"wrong PIN of the token {token_label!r}") from error
    except (pkcs11.PinLocked, pkcs11.PinExpired) as error:
        raise WrongPassphrase(f"the PIN of the token {token_label!r} is locked or has ended") from error
    except pkcs11.PKCS11Error as error:
        if not module.exists():
            raise TokenMissing(f"no PKCS#11 module {module}") from error
        raise TokenFailed(f"the module {module}: {_told(error)}") from error


def _close(module: Path, token_label: str) -> None:
    import pkcs11

    session = _sessions.pop((os.getpid(), module, token_label), None)
    if session is not None:
        try:
            session.close()
        except pkcs11.PKCS11Error:
            return  # it was lost already


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__
