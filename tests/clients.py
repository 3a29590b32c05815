"""Browsers of the tests, without a window."""

from __future__ import annotations

from typing import Any

from django.test import Client


def english_client() -> Client:
    """Somebody who chose English with the switch in the head of the page."""
    client = Client()
    client.cookies["django_language"] = "en"
    return client


def main(response: Any) -> str:
    """The page between its head and its foot."""
    page: str = response.content.decode()
    return page.partition("<main")[2].partition("</main>")[0]
