"""What every template may use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """The programme's and contact's names, and whether this is the demo (embedded default)."""
    return {
        # The province's name stays on one line wherever the programme's name is broken.
        "programme_name": settings.PROGRAMME_NAME.replace(
            settings.PROVINCE_NAME, settings.PROVINCE_NAME.replace(" ", "\N{NO-BREAK SPACE}")
        ),
        "province_name": settings.PROVINCE_NAME,
        "contact_email": settings.CONTACT_EMAIL,
        "contact_phone": settings.CONTACT_PHONE,
        "site_url": settings.SITE_URL,
        "is_demo": settings.DEBUG,
    }
