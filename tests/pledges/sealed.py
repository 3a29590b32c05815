"""Sealed documents for tests that are about lists, downloads and checks, not about sealing."""

from __future__ import annotations

from typing import Any

from kolportal.work.models import Work
from pledges import storage
from pledges.kinds import SEAL
from pledges.models import SealedFile, Signature
from tests import factories


def sealed_signature(*, data: bytes = b"", **options: Any) -> Signature:
    """A signature made through ``signing`` whose document has ``data`` (or a few bytes of its own) on file."""
    return seal(factories.signature(**options), data=data)


def seal(signature: Signature, *, data: bytes = b"", **fields: Any) -> Signature:
    """Files ``data`` as the newest sealed file of ``signature``, in the real storage; returns the signature read again."""
    content = data or f"%PDF-1.7 {signature.reference}".encode()
    sha256 = storage.put(content)
    generation = SealedFile.objects.filter(document=signature.document).count() + 1
    made = {"generation": generation, "sha256": sha256, "size": len(content), "is_test": True, **fields}
    factories.sealed_file(signature, **made)
    Work.objects.filter(kind=SEAL.name, subject=signature.document.pk).delete()
    return Signature.objects.get(pk=signature.pk)


def file_of(signature: Signature) -> SealedFile:
    """Its newest sealed file, read now."""
    return SealedFile.objects.filter(document__signature=signature).latest("generation")
