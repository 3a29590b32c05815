"""A pledge with the demo's real text, and signers who logged in a moment ago."""

from __future__ import annotations

import json
import random
import time
from importlib import import_module
from itertools import count

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone

from events.models import Answer, AttendeeSource, Event
from kolportal.accounts.models import User
from kolportal.demo import drafting
from kolportal.demo import people as invented
from pledges.models import EventPledge, Pledge, PledgeState
from tests import factories

_number = count(1)
CHANNELS_EACH = 2


def pledge(event: Event) -> Pledge:
    """The demo's pledge in both languages, published, asked for at ``event``."""
    made = Pledge.objects.create(
        slug=f"cam-ket-{next(_number)}", name="Cam kết đo", unit=factories.unit(), state=PledgeState.OPEN
    )
    factories.freeze(drafting.draft(made, 1))
    EventPledge.objects.create(event=event, pledge=made)
    return made


def signers(number: int, *, event: Event) -> list[User]:
    """New accounts with profile, two channels each, registered for ``event``."""
    made = []
    for invented_person in invented.generate(number):
        user = User.objects.create_user(f"nguoi-ky-{next(_number)}@example.com")
        person = factories.person(
            user=user,
            full_name=invented_person.full_name,
            kind=invented_person.kind,
            commune_code=invented_person.commune_code,
        )
        for _ in range(CHANNELS_EACH):
            factories.channel(person=person)
        factories.attendee(
            at_event=event,
            person=person,
            source=AttendeeSource.REGISTERED,
            full_name=person.full_name,
            answer=Answer.COMING,
            answered_at=timezone.now(),
        )
        made.append(user)
    return made


def log_in(user: User) -> str:
    """A session as a login by code leaves it, made a moment ago: no second code is asked for. Returns its key."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "code", "at": time.time(), "email": user.email}]
    store["account_authentication_methods_user"] = str(user.pk)
    store.create()
    return str(store.session_key)


def drawing(seed: int) -> str:
    """Three strokes of 120 points as ``static/js/signature.js`` sends them."""
    pen = random.Random(seed)
    strokes = []
    for stroke in range(3):
        x, y = 20.0 + 90 * stroke, 80.0
        points = []
        for _ in range(120):
            x, y = x + pen.uniform(-1.5, 2.5), min(max(y + pen.uniform(-6, 6), 2.0), 158.0)
            points.append({"x": round(x, 1), "y": round(y, 1)})
        strokes.append({"points": points})
    return json.dumps(strokes, separators=(",", ":"))
