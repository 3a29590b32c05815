"""Sealed documents for tests that are about lists, downloads and checks, not about sealing."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from pledges import storage
from pledges.models import Document, DocumentState, Signature
from tests import factories


def sealed_signature(*, data: bytes = b"", **options: Any) -> Signature:
    """A signature made through ``signing.sign`` whose document has ``data`` (or a few bytes of its own) on file."""
    made = factories.signature(**options)
    return seal(made, data=data)


def seal(signature: Signature, *, data: bytes = b"") -> Signature:
    """Files ``data`` as the sealed document of ``signature`` in the real storage."""
    content = data or f"%PDF-1.7 {signature.reference}".encode()
    Document.objects.filter(signature=signature).update(
        state=DocumentState.SEALED,
        sha256=storage.put(content),
        size=len(content),
        pages=2,
        sealed_at=timezone.now(),
        seal_level="B-B",
        is_test=True,
    )
    return Signature.objects.get(pk=signature.pk)
