"""Pledges: opening and closing, and the law they rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kolportal.frame.site import StaffAdmin as SharedAdmin
from kolportal.frame.site import is_pressed
from kolportal.units.models import OrganisingUnit
from pledges import publishing
from pledges.admin.base import PUBLISH, StaffAdmin, chip, page_action, staff
from pledges.models import Edition, LegalReference, Pledge, PledgeState, Signature

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse


@admin.register(LegalReference)
class LegalReferenceAdmin(SharedAdmin):
    """Laws, decrees and decisions. A published text keeps its own copy, so editing here changes no published text."""

    list_display = ("number", "title", "issued_date", "in_force_date", "ended_date")
    search_fields = ("number", "title")
    actions = None

    get_search_results = admin.ModelAdmin.get_search_results  # as typed: there is no folded column

    def has_delete_permission(self, request: HttpRequest, obj: LegalReference | None = None) -> bool:
        """Only one that no text cites: what was signed keeps its ground."""
        cited = obj is not None and obj.undertakings.exists()
        return not cited and bool(super().has_delete_permission(request, obj))


@admin.register(Pledge)
class PledgeAdmin(StaffAdmin):
    """Pledges; their state changes by "open" and "close" alone."""

    list_display = ("name", "unit", "state_chip", "newest_number", "law_warning", "signed_count")
    list_select_related = ("unit",)
    list_filter = ("state",)
    list_filter_submit = False
    search_fields = ("name", "slug")
    fields = ("name", "slug", "unit", "state_chip")
    readonly_fields = ("state_chip",)
    prepopulated_fields: ClassVar[dict[str, Any]] = {"slug": ("name",)}
    actions_detail = ("texts", "open_pledge", "close_pledge")
    change_form_outer_before_template = "admin/pledges/ended_laws.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the newest published number and the count of active signatures, as subqueries that no filter multiplies."""
        newest = Edition.objects.published().filter(pledge=OuterRef("pk")).order_by("-number")
        signed = (
            Signature.objects.active()
            .filter(pledge=OuterRef("pk"))
            .order_by()
            .values("pledge")
            .annotate(n=Count("pk"))
        )
        own: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = own.annotate(
            newest=Subquery(newest.values("number")[:1]),
            signed=Coalesce(Subquery(signed.values("n")), 0),
            cites_ended=Exists(Pledge.objects.citing_ended_laws(at=timezone.now()).filter(pk=OuterRef("pk"))),
        )
        return counted

    get_search_results = admin.ModelAdmin.get_search_results  # as typed: there is no folded column

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Says above the form which laws that the version in force cites have ended."""
        pledge = self.own_object(request, object_id)
        edition = pledge.editions.in_force() if pledge.cites_ended else None
        laws = publishing.ended_laws(edition=edition, at=timezone.now()) if edition else []
        context = {**(extra_context or {}), "ended_laws": laws, "edition_in_force": edition}
        return super().change_view(request, object_id, form_url, context)

    def get_readonly_fields(self, request: HttpRequest, obj: Pledge | None = None) -> tuple[str, ...]:
        """The address is part of every published text's canonical form, so it stays from the first publication on."""
        frozen = obj is not None and obj.editions.published().exists()
        return ("slug", "unit", "state_chip") if frozen else ("state_chip",)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Pledge | None = None) -> dict[str, Any]:
        """Only while the address can still be edited."""
        return {} if obj else dict(self.prepopulated_fields)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only the person's own units."""
        if db_field.name == "unit":
            kwargs["queryset"] = OrganisingUnit.objects.of_staff(staff(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Pledge | None = None) -> bool:
        """Nobody: a pledge that is not wanted is closed."""
        return False

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_chip(self, pledge: Pledge) -> str:
        """The state as a chip."""
        return chip(pledge.state, pledge.get_state_display()) if pledge.pk else chip("draft")

    @admin.display(description=gettext_lazy("published version"))
    def newest_number(self, pledge: Any) -> str:
        """The newest number that is published."""
        return str(pledge.newest) if pledge.newest else "–"

    @admin.display(description=gettext_lazy("law cited"), boolean=False)
    def law_warning(self, pledge: Any) -> str:
        """A word where the version in force cites a law that has ended."""
        return chip("parked", _("no longer in force")) if pledge.cites_ended else "–"

    @admin.display(description=gettext_lazy("signatures in force"))
    def signed_count(self, pledge: Any) -> int:
        """Signatures neither withdrawn nor replaced."""
        count: int = pledge.signed
        return count

    # Unfold asks these before it shows a button and before it runs one. A POST that comes too late is answered in words by
    # the domain, so the state counts for GET only.

    def has_texts_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Whether the texts may be looked at."""
        return staff(request).has_perm("pledges.view_edition")

    def has_open_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Whether the button is shown and works."""
        return self._may(request, object_id, {PledgeState.DRAFT, PledgeState.CLOSED})

    def has_close_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Whether the button is shown and works."""
        return self._may(request, object_id, {PledgeState.OPEN})

    def _may(self, request: HttpRequest, object_id: str, states: set[PledgeState]) -> bool:
        fits = is_pressed(request) or self.own_object(request, object_id).state in states
        return fits and staff(request).has_perm(PUBLISH)

    @page_action(description=gettext_lazy("Versions of this pledge"), icon="article", permission="texts")
    def texts(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Leads to the list of its versions."""
        pledge = self.own_object(request, object_id)
        return redirect(reverse("admin:pledges_edition_changelist") + f"?pledge__id__exact={pledge.pk}")

    @page_action(description=gettext_lazy("Open for signing"), icon="lock_open", permission="open")
    def open_pledge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """From now on the pledge can be signed."""
        return self._change_state(
            request,
            object_id,
            to=PledgeState.OPEN,
            text=_("From now on people can read and sign this pledge. It can be closed at any time."),
            button=_("Open for signing"),
        )

    @page_action(description=gettext_lazy("Close for signing"), icon="lock", permission="close")
    def close_pledge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """From now on nobody can sign; what is signed stays."""
        return self._change_state(
            request,
            object_id,
            to=PledgeState.CLOSED,
            text=_(
                "From now on nobody can sign this pledge. What is signed stays, and signers can still withdraw."
            ),
            button=_("Close the pledge"),
        )

    def _change_state(
        self, request: HttpRequest, object_id: str, *, to: PledgeState, text: str, button: str
    ) -> HttpResponse:
        pledge = self.own_object(request, object_id)
        back = reverse("admin:pledges_pledge_change", args=[pledge.pk])
        if request.method == "POST":
            try:
                publishing.change_state(pledge=pledge, to=to, actor=staff(request), at=timezone.now())
            except publishing.NothingPublished:
                self.message_user(request, _("This pledge has no published version yet."), messages.ERROR)
            except publishing.StateRefused:
                self.message_user(
                    request, _("The state of this pledge has changed meanwhile."), messages.ERROR
                )
            else:
                self.message_user(request, _("Done: %(name)s.") % {"name": pledge.name}, messages.SUCCESS)
            return redirect(back)
        return self.confirm(request, title=pledge.name, texts=[text], button=button, back=back)
