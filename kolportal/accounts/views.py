"""The signer's own pages: profile, channels, log out everywhere. ("My page" itself reads events and pledges: ``kolportal.desk.my_page``.)"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from kolportal.people.forms import ChannelForm, ProfileForm
from kolportal.accounts.models import User
from kolportal.people.models import Channel, Person
from kolportal.audit import events

if TYPE_CHECKING:
    from django.http import HttpRequest


@never_cache
@login_required
def edit_profile(request: HttpRequest) -> HttpResponse:
    """Fill in or change the own profile; goes on to ``next``."""
    user = cast(User, request.user)
    profile = Person.objects.filter(user=user).first()
    form = ProfileForm(request.POST or None, instance=profile)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save_for(user)
            action = "profile.changed" if profile else "profile.created"
            events.record(
                action=action, actor_id=user.pk, subject_type="profile", subject_id=saved.pk, at=timezone.now(),
                detail={"fields": form.changed_data},
            )  # fmt: skip
        messages.success(request, _("Your details are saved."))
        return redirect(_next(request) or reverse("my_page"))
    return render(
        request, "people/profile.html", {"form": form, "is_new": profile is None, "next": _next(request)}
    )


@never_cache
@login_required
def add_channel(request: HttpRequest) -> HttpResponse:
    """Declare a page, group or channel; goes on to ``next``."""
    return _channel_form(request, channel=None)


@never_cache
@login_required
def edit_channel(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one of the own channels. Signed pledges keep it as it stood."""
    return _channel_form(request, channel=_own_channel(request, pk))


def _channel_form(request: HttpRequest, *, channel: Channel | None) -> HttpResponse:
    user = cast(User, request.user)
    profile = Person.objects.filter(user=user).first()
    if profile is None:
        return redirect(f"{reverse('profile')}?{urlencode({'next': request.get_full_path()})}")
    form = ChannelForm(request.POST or None, instance=channel, profile=profile)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                saved = form.save_at(timezone.now())
                events.record(
                    action="channel.changed" if channel else "channel.declared", actor_id=user.pk, subject_type="channel",
                    subject_id=saved.pk, at=timezone.now(), detail={"platform": saved.platform},
                )  # fmt: skip
        except IntegrityError:  # sent twice at once: the other one has saved it
            form.add_error("url", _("You have declared this page, group or channel already."))
        else:
            messages.success(request, _("The page, group or channel is saved."))
            return redirect(_next(request) or reverse("my_page"))
    return render(
        request, "people/channel.html", {"form": form, "channel": channel, "next": _next(request)}
    )


@never_cache
@login_required
def remove_channel(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks (GET), then takes one of the own channels from the list (POST). Signed pledges keep it as it stood."""
    channel = _own_channel(request, pk)
    if request.method != "POST":
        return render(request, "people/channel_remove.html", {"channel": channel})
    at = timezone.now()
    with transaction.atomic():
        if Channel.objects.current().filter(pk=channel.pk).update(removed_at=at):
            events.record(
                action="channel.removed",
                actor_id=request.user.pk,
                subject_type="channel",
                subject_id=channel.pk,
                at=at,
            )
    messages.success(request, _("The page, group or channel is removed from your list."))
    return redirect("my_page")


@require_POST
@login_required
def log_out_everywhere(request: HttpRequest) -> HttpResponse:
    """Ends every session of this account, this one too."""
    user = cast(User, request.user)
    user.log_out_everywhere()
    events.record(
        action="account.logged_out_everywhere",
        actor_id=user.pk,
        subject_type="account",
        subject_id=user.pk,
        at=timezone.now(),
    )
    logout(request)
    messages.success(request, _("You are logged out on every device."))
    return redirect(get_adapter(request).get_logout_redirect_url(request))


def _own_channel(request: HttpRequest, pk: int) -> Channel:
    return get_object_or_404(Channel.objects.current(), pk=pk, profile__user=request.user)


def _next(request: HttpRequest) -> str:
    """Where to go on, if it is a page of this site; else an empty text."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if allowed else ""
