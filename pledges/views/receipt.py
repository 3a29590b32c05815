"""The receipt of one's own signature: its state, the PDF, withdrawing. Other people's receipts do not exist (404)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import structlog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from kolportal.audit import events as audit
from kolportal.audit.models import AuditEvent
from pledges import signing, storage
from pledges import strokes as drawing
from pledges.models import DocumentState, Signature

if TYPE_CHECKING:
    from django.http import HttpRequest

    from kolportal.accounts.models import User

log = structlog.get_logger("pledges.receipt")
private = cache_control(private=True, no_store=True)


def _own(request: HttpRequest, reference: str) -> Signature:
    mine = Signature.objects.select_related(
        "version", "pledge__unit", "document", "event", "superseded_by", "supersedes"
    )
    return get_object_or_404(mine, reference=reference, signer=cast("User", request.user))


@private
@login_required
@require_safe
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    """Everything that is kept about this signing, and the way to the PDF."""
    signature = _own(request, reference)
    context = {
        "signature": signature,
        "document": signature.document,
        "etag": _etag(signature),
        "channels": signature.channels.all(),
        "picture": drawing.to_svg(drawing.from_lists(signature.strokes)) if signature.strokes else "",
        "downloads": AuditEvent.objects.about("document", signature.document.pk).filter(
            action="document.downloaded"
        ),
        "evidence_days": settings.EVIDENCE_RETENTION_DAYS,
    }
    return render(request, "pledges/receipt.html", context)


@private
@login_required
@require_safe
def receipt_state(request: HttpRequest, reference: str) -> HttpResponse:
    """The part of the receipt that changes by itself, as HTML; 304 while it is what the page shows (``If-None-Match``)."""
    signature = _own(request, reference)
    etag = _etag(signature)
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = render(
            request,
            "pledges/_receipt_state.html",
            {"signature": signature, "document": signature.document, "etag": etag},
        )
    response["ETag"] = etag
    return response


@private
@login_required
@require_http_methods(["GET"])
def pdf(request: HttpRequest, reference: str) -> HttpResponse:
    """The sealed PDF, for its signer. Only the audit trail changes: the signer sees there who has fetched the file."""
    signature = _own(request, reference)
    document = signature.document
    if document.state != DocumentState.SEALED:
        messages.info(request, _("The PDF is not ready yet. This page shows when it is."))
        return redirect("pledges:receipt", reference=reference)
    try:
        data = storage.read(document.sha256)
    except (storage.StoredFileDamaged, OSError) as error:
        log.error("stored document unreadable", document=document.pk, error=type(error).__name__)
        return render(request, "pledges/pdf_unavailable.html", {"signature": signature}, status=503)
    audit.record(
        action="document.downloaded",
        actor_id=request.user.pk,
        subject_type="document",
        subject_id=document.pk,
        at=timezone.now(),
        detail={"role": "signer"},
    )
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="cam-ket-{signature.reference_grouped}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@private
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """GET asks once more and says what withdrawing means; POST withdraws. A second POST changes nothing."""
    signature = _own(request, reference)
    if request.method == "POST":
        try:
            if signing.withdraw(signature=signature, at=timezone.now()):
                messages.success(request, _("The pledge has been withdrawn."))
        except signing.NotWithdrawable:
            messages.info(
                request, _("This signature has been replaced by a newer one. The newer one can be withdrawn.")
            )
        return redirect("pledges:receipt", reference=reference)
    if not signature.is_active:
        return redirect("pledges:receipt", reference=reference)
    return render(request, "pledges/withdraw.html", {"signature": signature})


def _etag(signature: Signature) -> str:
    """Changes with everything that the state line shows."""
    document = signature.document
    fate = "withdrawn" if signature.withdrawn_at else "superseded" if signature.superseded_at else "signed"
    return f'"{fate}-{document.state}"'
