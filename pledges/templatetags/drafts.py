"""For the frame of every page: whose drafts end when this account logs out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from pledges import drafts

if TYPE_CHECKING:
    from kolportal.accounts.models import User

register = template.Library()


@register.simple_tag
def draft_owner(user: User) -> str:
    """How the places of the account's drafts begin, see ``pledges.drafts``."""
    return drafts.owner_of(user)
