"""What the templates of messages share."""

from __future__ import annotations

from datetime import datetime

from django import template

from kolportal.mail import words

register = template.Library()


@register.filter
def moment(at: datetime) -> str:
    """``Wednesday, 10/09/2025 08:30 (+07:00)``."""
    return words.moment(at)
