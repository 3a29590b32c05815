"""Pages that belong to no app: home, health, mailbox (while DEBUG is on), error pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events.models import Event
from kolportal import health, mailbox
from kolportal.units.models import OrganisingUnit
from pledges.models import LegalReference, Pledge, Text

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The programme, the next meeting, the pledge that it asks for."""
    now = timezone.now()
    event = Event.objects.upcoming(at=now).first()
    latest = event or Event.objects.public().order_by("-starts_at").first()
    language = get_language() or settings.LANGUAGE_CODE
    pledges = list(Pledge.objects.signable(at=now).select_related("unit"))
    texts = Text.objects.in_force_of(pledges, language=language)
    context = {
        "event": latest,
        "event_is_next": event is not None,
        "texts": [(pledge, texts.get(pledge.pk)) for pledge in pledges],
    }
    return render(request, "home.html", context)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept of whom, why, how long, and how to ask for it."""
    return render(
        request,
        "privacy.html",
        {
            "units": OrganisingUnit.objects.filter(
                Q(pledges__in=Pledge.objects.public()) | Q(events__in=Event.objects.public())
            ).distinct(),
            # The law's title and number are data (edited in the admin); the setting only says which one is meant.
            "laws": LegalReference.objects.filter(number__in=settings.DATA_PROTECTION_LAWS),
            "evidence_days": settings.EVIDENCE_RETENTION_DAYS,
            "data_months": settings.DATA_RETENTION_MONTHS,
            "data_months_at_most": settings.DATA_RETENTION_MONTHS_AT_MOST,
            "mail_days": settings.MAIL_KEPT_DAYS,
        },
    )


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Database, broker, storage, sealing key, work: 503 when one fails. Work that is late shows and fails nothing."""
    parts = health.probe()
    return JsonResponse(parts, status=503 if "failed" in parts.values() else 200)


@never_cache
@require_safe
def mailbox_page(request: HttpRequest) -> HttpResponse:
    """The messages that the embedded default "sent". Exists only while DEBUG is on."""
    if not settings.DEBUG or settings.EMAIL_HOST:
        raise Http404
    return render(request, "mailbox.html", {"messages_sent": mailbox.messages()})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is missing or old: says what to do, as 403."""
    return render(request, "403_csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return render(request, "403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return render(request, "404.html", status=404)


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429; the limiter calls it too."""
    response = render(request, "429.html", status=429)
    response["Retry-After"] = "60"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500, from a template that needs neither database nor session: rendered without the request."""
    context = {
        "programme_name": settings.PROGRAMME_NAME,
        "contact_email": settings.CONTACT_EMAIL,
        "contact_phone": settings.CONTACT_PHONE,
    }
    return HttpResponse(render_to_string("500.html", context), status=500)
