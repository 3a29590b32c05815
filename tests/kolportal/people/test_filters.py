"""Lists of other rooms, filtered by commune and by platform as their own columns state them."""

from __future__ import annotations

import pytest
from django.test import Client

from kolportal.accounts.models import User
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
COMMUNES = ("04795", "07888")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"commune": COMMUNES[0]}, {"An", "Cúc"}),
        ({"platform": "facebook"}, {"An", "Bình"}),
        ({"platform": "tiktok"}, {"Bình"}),
        ({"platform": "zalo"}, set()),
        ({"platform": "khong-co"}, {"An", "Bình", "Cúc"}),
    ],
)
def test_attendees_are_filtered_by_what_the_list_says(
    client: Client, query: dict[str, str], shown: set[str]
) -> None:
    event = factories.event()
    for name, commune, channels in (
        ("An", COMMUNES[0], "m.Facebook.com/an"),
        ("Bình", COMMUNES[1], "https://www.tiktok.com/@binh\nfb.com/binh"),
        ("Cúc", COMMUNES[0], ""),
    ):
        factories.attendee(
            at_event=event, full_name=f"Trần Thị {name}", commune_code=commune, channels=channels
        )
    client.force_login(User.objects.create_superuser("toi-cao@example.com", "mat-khau-dai"))
    page = client.get("/admin/events/attendee/", query).content.decode()
    assert {name for name in ("An", "Bình", "Cúc") if f"Trần Thị {name}" in page} == shown
