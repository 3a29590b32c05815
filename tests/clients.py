"""Browsers of the tests, without a window."""

from __future__ import annotations

from django.test import Client


def english_client() -> Client:
    """Somebody who chose English with the switch in the head of the page."""
    client = Client()
    client.cookies["django_language"] = "en"
    return client
