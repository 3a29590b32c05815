"""The receipt of one's own signature: its state, who has fetched the PDF, the PDF. Other people's receipts do not exist (404)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import structlog
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pledges import documents, downloads, drafts, history, storage
from pledges import strokes as drawing
from pledges.models import DocumentState, Signature

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest

    from kolportal.accounts.models import User

log = structlog.get_logger("pledges.receipt")


def own_signature(request: HttpRequest, reference: str) -> Signature:
    """The signature of this reference if the account's person made it, or one at a tablet who turned out to be the same; else
    404."""
    user = cast("User", request.user)
    whole = Signature.objects.select_related(
        "text__edition", "pledge__unit", "particulars", "circumstances", "document", "event",
        "superseded_by", "supersedes", "person__user",
    )  # fmt: skip
    return get_object_or_404(
        whole, Q(person__user=user) | Q(person__merged_into__user=user), reference=reference
    )


@login_required
@require_safe
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    """Everything that is kept about this signing, and the way to the PDF."""
    user = cast("User", request.user)
    signature = own_signature(request, reference)
    strokes = signature.particulars.strokes
    context = {
        **_state(signature),
        "particulars": signature.particulars,
        "proofs": signature.proofs.select_related("evidence"),
        "channels": signature.channels.all(),
        "picture": drawing.to_svg(drawing.from_lists(strokes)) if strokes else "",
        "downloads": downloads.by_document([signature.document.pk], reader=user).get(
            signature.document.pk, []
        ),
        "draft": drafts.place(user=user, pledge=signature.pledge.slug),
    }
    return render(request, "pledges/receipt.html", context)


@login_required
@require_safe
def receipt_state(request: HttpRequest, reference: str) -> HttpResponse:
    """The part of the receipt that changes by itself, as HTML; 304 while it is what the page shows (``If-None-Match``)."""
    state = _state(own_signature(request, reference))
    if request.headers.get("If-None-Match") == state["etag"]:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = render(request, "pledges/_receipt_state.html", state)
    response["ETag"] = state["etag"]
    return response


@login_required
@require_http_methods(["GET"])
def pdf(request: HttpRequest, reference: str) -> HttpResponse:
    """The sealed PDF, for its signer. Only the audit trail changes: the signer sees there who has fetched the file."""
    signature = own_signature(request, reference)
    document = signature.document
    file = document.file
    if file is None or documents.state_of(document) != DocumentState.SEALED:
        messages.info(request, _("The PDF is not ready yet. This page shows when it is."))
        return redirect("pledges:receipt", reference=reference)
    try:
        data = storage.read(file.sha256)
    except (storage.StoredFileDamaged, OSError) as error:
        log.error("stored document unreadable", document=document.pk, error=type(error).__name__)
        return render(request, "pledges/pdf_unavailable.html", {"signature": signature}, status=503)
    history.downloaded(
        [document.pk],
        actor_id=cast("int", request.user.pk),
        role=downloads.SIGNER,
        unit=None,
        bulk=False,
        at=timezone.now(),
    )
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="cam-ket-{signature.reference_grouped}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _state(signature: Signature) -> dict[str, Any]:
    """What the state line shows; ``etag`` changes with all of it."""
    document = signature.document
    state = documents.state_of(document)
    file = document.file
    generation = file.generation if file else 0
    return {
        "signature": signature,
        "state": state.value,
        "file": file,
        "etag": f'"{signature.standing.value}-{state.value}-{generation}"',
    }
