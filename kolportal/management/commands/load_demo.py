"""``manage.py load_demo``: the demo of the embedded default; repeatable."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kolportal.demo import load


class Command(BaseCommand):
    """Loads the demo unless it is there."""

    help = (
        "Loads generated demo data: a meeting, 120 attendees, about 60 signed and sealed pledges. Repeatable."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuses to touch a production."""
        if not settings.DEBUG:
            raise CommandError(
                "The demo is loaded only while DEBUG is on: it makes accounts with a known password."
            )
        load.load(say=lambda line: self.stdout.write(f"  {line}"))
