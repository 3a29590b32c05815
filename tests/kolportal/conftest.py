"""What tests of the site's rooms share."""

from __future__ import annotations

import pytest
from django.test import Client


@pytest.fixture
def english(client: Client) -> Client:
    """A browser that reads English: words in tests are the msgids."""
    client.cookies.load({"django_language": "en"})
    return client
