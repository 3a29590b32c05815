"""The site's words as its visitors read them: tests name the English msgid, and look for the Vietnamese."""

from __future__ import annotations

import gettext
from functools import cache

from tests.servers import ROOT


@cache
def _catalogue() -> gettext.NullTranslations:
    return gettext.translation("django", ROOT / "kolportal/locale", ["vi"])


def vi(english: str, *, context: str = "", **values: object) -> str:
    """The Vietnamese of a msgid, with ``values`` filled in. A msgid that has none is an error, not English."""
    found = _catalogue().pgettext(context, english) if context else _catalogue().gettext(english)
    assert found != english, f"no Vietnamese for {english!r}"
    return found % values if values else found
