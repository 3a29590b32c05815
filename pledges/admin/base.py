"""What the pledges' pages of the administration have in common: own rows only, and asking before anything happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString, mark_safe
from unfold.decorators import action

from kolportal.frame import site as admin_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model, QuerySet
    from django.http import HttpRequest
    from django.utils.functional import _StrPromise

    from kolportal.accounts.models import User

PUBLISH = "pledges.publish_edition"
"""Publishing a version, opening and closing a pledge."""

Method = TypeVar("Method", bound="Callable[..., Any]")


def page_action(*, description: _StrPromise, icon: str, permission: str) -> Callable[[Method], Method]:
    """A button on a row's page. ``permission`` names the method ``has_…_permission`` that decides.

    A method and not ``app.codename``: Unfold's system check would look the latter up in the database, before it exists.
    """
    return cast(
        "Callable[[Method], Method]", action(description=description, icon=icon, permissions=[permission])
    )


def staff(request: HttpRequest) -> User:
    """The account; the administration lets nobody in without one."""
    return cast("User", request.user)


def chip(state: str, label: str = "") -> SafeString:
    """A state as word and icon, the same chip as on the public pages."""
    return mark_safe(render_to_string("components/state_chip.html", {"state": state, "label": label}).strip())  # noqa: S308  (a template of ours)


class _OwnRows:
    """Rows of other units do not exist for a member of staff."""

    if TYPE_CHECKING:  # given by the ModelAdmin that this is mixed into
        model: Any
        opts: Any
        media: Any
        admin_site: Any
        get_object: Any

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of the person's units, by the model's own ``of_staff``."""
        return cast("QuerySet[Any]", self.model._default_manager.of_staff(staff(request)))

    def own_object(self, request: HttpRequest, object_id: str) -> Any:
        """The row of this key. Raises ``Http404`` for one that is not there or belongs to another unit."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    def require(self, request: HttpRequest, permission: str) -> None:
        """Raises ``PermissionDenied`` for an account without ``permission`` (``"app.codename"``)."""
        if not staff(request).has_perm(permission):
            raise PermissionDenied

    def page(
        self, request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
    ) -> TemplateResponse:
        """A page of ours inside the administration."""
        request.current_app = self.admin_site.name  # read by the {% url %} tag
        full = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media, **context}
        return TemplateResponse(request, template, full, status=status)

    def confirm(
        self,
        request: HttpRequest,
        *,
        title: str,
        texts: list[str],
        button: str,
        back: str,
        status: int = 200,
        **more: Any,
    ) -> TemplateResponse:
        """Asks before something is changed or handed out: ``texts`` say what happens, ``button`` is the verb.

        ``more``: ``remarks`` (texts), ``rows`` (pairs), ``errors`` (texts; then there is no button), ``hidden`` (pairs of form values).
        """
        context = {"title": title, "texts": texts, "button": button, "back": back, **more}
        return self.page(request, "admin/pledges/confirm.html", context, status=status)


class StaffAdmin(_OwnRows, admin_site.StaffAdmin):
    """Pages on which some roles change rows."""


class ReadOnlyAdmin(_OwnRows, admin_site.ReadOnlyAdmin):
    """Pages on which nobody changes anything, whatever permissions the account has."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """By the view permission alone: a change permission does not open a list that cannot be changed."""
        return staff(request).has_perm(f"{self.opts.app_label}.view_{self.opts.model_name}")
