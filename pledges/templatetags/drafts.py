"""For the frame of every page: whose drafts end when this account logs out. For the log-in: whether a draft may be waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django import template
from django.urls import Resolver404, resolve

from pledges import drafts

if TYPE_CHECKING:
    from kolportal.accounts.models import User

register = template.Library()


@register.simple_tag
def draft_owner(user: User) -> str:
    """How the places of the account's drafts begin, see ``pledges.drafts``."""
    return drafts.owner_of(user)


@register.simple_tag
def draft_waits(address: str | None) -> bool:
    """Whether this address (``next`` of a log-in) is one of the steps of signing, whose answers this browser may be keeping."""
    try:
        found = resolve(urlsplit(address or "").path)
    except (Resolver404, ValueError):
        return False
    return found.view_name in {"pledges:sign", "pledges:check", "pledges:code"}
