"""What every page of the administration shares: the navigation by role, the frame of a model's pages, times, search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib import admin
from django.db.models.constants import LOOKUP_SEP
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from kolportal.vietnamese import fold

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import Model, QuerySet
    from django.http import HttpRequest
    from django.utils.functional import _StrPromise


class Entry(NamedTuple):
    """One line of the navigation: a registered model's list; the words are the model's own."""

    model: str
    icon: str


NAVIGATION: tuple[tuple[_StrPromise, tuple[Entry, ...]], ...] = (
    (
        gettext_lazy("Meetings"),
        (
            Entry("events.event", "event"),
            Entry("events.attendee", "groups"),
            Entry("units.organisingunit", "account_balance"),
        ),
    ),
    (
        gettext_lazy("Pledges"),
        (
            Entry("pledges.signature", "draw"),
            Entry("pledges.decline", "block"),
            Entry("pledges.document", "verified"),
            Entry("pledges.pledge", "description"),
            Entry("pledges.edition", "article"),
            Entry("pledges.legalreference", "gavel"),
        ),
    ),
    (
        gettext_lazy("People"),
        (
            Entry("accounts.user", "badge"),
            Entry("audit.auditevent", "history"),
            Entry("mail.message", "mail"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The lists that this person may see, for Unfold's sidebar."""
    lists = {model._meta.label_lower: model_admin for model, model_admin in admin.site._registry.items()}
    groups: list[dict[str, Any]] = [
        {"items": [{"title": _("Overview"), "icon": "home", "link": reverse("admin:index")}]}
    ]
    for title, entries in NAVIGATION:
        items = [
            {
                "title": _capitalised(lists[entry.model].opts.verbose_name_plural),
                "icon": entry.icon,
                "link": reverse(f"admin:{entry.model.replace('.', '_')}_changelist"),
            }
            for entry in entries
            if entry.model in lists and lists[entry.model].has_view_permission(request)
        ]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups


def context(request: HttpRequest) -> dict[str, Any]:
    """Unfold writes its colours as an inline style, which the site's policy forbids; they are in static/css/admin.css."""
    return {"colors": None}


def is_pressed(request: HttpRequest) -> bool:
    """Whether a button of an object's page is being pressed. A refused form of that page is a POST too, and presses none."""
    match = request.resolver_match
    return request.method == "POST" and not (match and (match.url_name or "").endswith("_change"))


def moment(at: datetime | None) -> str:
    """``10/09/2025 08:30 (+07:00)``; a dash for no time."""
    if at is None:
        return "–"
    local = timezone.localtime(at)
    offset = local.strftime("%z")
    return f"{local:%d/%m/%Y %H:%M} ({offset[:3]}:{offset[3:]})"


def _capitalised(words: object) -> str:
    text = str(words)
    return text[:1].upper() + text[1:]


class StaffAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    """A model's pages. What ``get_queryset`` leaves out is 404 here, not a redirect; searching knows no accents."""

    # The second COUNT(*) of every list costs most and tells least.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_filter_submit = True
    compressed_fields = False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model:
        """The object, if it is among those that this person may see; else 404."""
        found: Model | None = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Of the table's columns only those that the list's filters use. Django would take any: whether somebody's account stands
        behind a row, a hash or a salt by its beginning, an address that the list shows masked."""
        opts = self.model._meta
        names = {name for field in opts.get_fields() for name in (field.name, getattr(field, "attname", ""))}
        if lookup.split(LOOKUP_SEP)[0] not in {*names, "pk"}:
            return bool(super().lookup_allowed(lookup, value, request))  # a filter's own parameter
        filters = self.get_list_filter(request) if request else self.list_filter
        own = {getattr(each, "parameter_name", None) for each in filters if isinstance(each, type)}
        paths = {each if isinstance(each, str) else each[0] for each in filters if not isinstance(each, type)}
        return lookup in own | paths or any(lookup.startswith(path + LOOKUP_SEP) for path in paths)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        """Every searched column holds folded text or plain ASCII, so the term is folded too."""
        found: tuple[QuerySet[Model], bool] = super().get_search_results(request, queryset, fold(search_term))
        return found


class ReadOnlyAdmin(StaffAdmin):
    """Pages on which nobody, not even a superuser, changes anything."""

    actions = None

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False
