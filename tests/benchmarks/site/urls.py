"""The site's addresses, and one more: the plainest view that writes, to hold the signing POST against."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from kolportal.audit.models import AuditEvent
from kolportal.urls import handler400, handler403, handler404, handler429, handler500
from kolportal.urls import urlpatterns as site

__all__ = ["handler400", "handler403", "handler404", "handler429", "handler500", "urlpatterns"]


@login_required
@require_POST
def insert_one(request: HttpRequest) -> HttpResponse:
    """Inserts one row of the audit trail and nothing else; same middleware, session, login and CSRF as signing."""
    AuditEvent.objects.create(
        at=timezone.now(),
        action="bench.inserted",
        actor_id=str(request.user.pk),
        subject_type="bench",
        subject_id="1",
    )
    return HttpResponse(status=204)


urlpatterns = [path("bench/insert-one/", insert_one), *site]
