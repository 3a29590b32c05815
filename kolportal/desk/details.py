"""The own details: who one is, the channels that one runs, log out everywhere.

These pages stand on the roof because a correction follows into the rows of meetings that the person registered for, in the
same transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from events import registration
from kolportal.accounts import sessions
from kolportal.accounts.models import User
from kolportal.people import details
from kolportal.people.forms import ChannelForm, PersonForm
from kolportal.people.models import Channel, Person

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from django.http import HttpRequest


@never_cache
@login_required
def edit_profile(request: HttpRequest) -> HttpResponse:
    """Fill in or change the own details; goes on to ``next``."""
    user = cast(User, request.user)
    person = Person.objects.of_account(user)
    form = PersonForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        _save(person=person, user=user, data=form.cleaned_data, at=timezone.now())
        messages.success(request, _("Your details are saved."))
        return redirect(_next(request) or reverse("my_page"))
    return render(
        request, "people/profile.html", {"form": form, "is_new": person is None, "next": _next(request)}
    )


@never_cache
@login_required
def add_channel(request: HttpRequest) -> HttpResponse:
    """Declare a page, group or channel; goes on to ``next``."""
    person = Person.objects.of_account(cast(User, request.user))
    if person is None:
        return redirect(f"{reverse('profile')}?{urlencode({'next': request.get_full_path()})}")
    return _channel_form(request, person=person, channel=None)


@never_cache
@login_required
def edit_channel(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one of the own channels. Signed pledges keep it as it stood."""
    channel = _own_channel(request, pk)
    return _channel_form(request, person=channel.person, channel=channel)


def _channel_form(request: HttpRequest, *, person: Person, channel: Channel | None) -> HttpResponse:
    form = ChannelForm(request.POST or None, channel=channel)
    if request.method == "POST" and form.is_valid():
        try:
            _save_channel(person=person, channel=channel, data=form.cleaned_data, at=timezone.now())
        except details.ChannelRefused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("The page, group or channel is saved."))
            return redirect(_next(request) or reverse("my_page"))
    return render(request, "people/channel.html", {"form": form, "channel": channel, "next": _next(request)})


@never_cache
@login_required
def remove_channel(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks (GET), then takes one of the own channels from the list (POST). Signed pledges keep it as it stood."""
    channel = _own_channel(request, pk)
    if request.method != "POST":
        return render(request, "people/channel_remove.html", {"channel": channel})
    _remove_channel(channel, at=timezone.now())
    messages.success(request, _("The page, group or channel is removed from your list."))
    return redirect("my_page")


@require_POST
@login_required
def log_out_everywhere(request: HttpRequest) -> HttpResponse:
    """Ends every session of this account, this one too."""
    sessions.end_all(user=cast(User, request.user), at=timezone.now())
    logout(request)
    messages.success(request, _("You are logged out on every device."))
    return redirect(get_adapter(request).get_logout_redirect_url(request))


@transaction.atomic
def _save(*, person: Person | None, user: User, data: Mapping[str, str], at: datetime) -> None:
    saved = details.save(person=person, user=user, data=data, at=at)
    registration.follow(person=saved, at=at)


@transaction.atomic
def _save_channel(*, person: Person, channel: Channel | None, data: Mapping[str, Any], at: datetime) -> None:
    if channel is None:
        details.declare_channel(person=person, data=data, at=at)
    else:
        details.change_channel(channel=channel, data=data, at=at)
    registration.follow(person=person, at=at)


@transaction.atomic
def _remove_channel(channel: Channel, *, at: datetime) -> None:
    if details.remove_channel(channel=channel, at=at):
        registration.follow(person=channel.person, at=at)


def _own_channel(request: HttpRequest, pk: int) -> Channel:
    mine = Channel.objects.current().select_related("person")
    return get_object_or_404(mine, pk=pk, person__user=request.user)


def _next(request: HttpRequest) -> str:
    """Where to go on, if it is a page of this site; else an empty text."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if allowed else ""
