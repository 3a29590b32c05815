"""Links of pages, groups and channels: recognised and brought to one form by their text alone. Nothing is ever fetched.

One form means that two people who name the same channel are seen to do so: one host per platform, no tracking
parameters, lower case where the platform does not tell cases apart.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from kolportal.people.models import Platform

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LENGTH = 300


class ChannelLinkError(ValueError):
    """The text names no channel that is recognised."""


class NotALink(ChannelLinkError):
    """No web address: too long, with spaces or invisible characters, another scheme, a user name or a port in it."""


class UnknownPlatform(ChannelLinkError):
    """A web address of another site (letters that only look like a known site's count as another site)."""


class NotAChannel(ChannelLinkError):
    """An address on a known platform that names a post, a video, a short link or a page of the platform itself."""


_HOSTS = {
    Platform.FACEBOOK: {"facebook.com", "www.facebook.com", "m.facebook.com", "mbasic.facebook.com", "web.facebook.com",
                        "touch.facebook.com", "vi-vn.facebook.com", "fb.com", "www.fb.com", "m.fb.com"},
    Platform.TIKTOK: {"tiktok.com", "www.tiktok.com", "m.tiktok.com"},
    Platform.YOUTUBE: {"youtube.com", "www.youtube.com", "m.youtube.com"},
    Platform.INSTAGRAM: {"instagram.com", "www.instagram.com", "m.instagram.com"},
    Platform.THREADS: {"threads.net", "www.threads.net", "threads.com", "www.threads.com"},
    Platform.ZALO: {"zalo.me", "www.zalo.me"},
}  # fmt: skip
_PLATFORM_OF = {host: platform for platform, hosts in _HOSTS.items() for host in hosts}
# Known platforms all the same, but one cannot see whose channel it is without asking their server.
_SHORT_LINKS = {
    "fb.me",
    "fb.watch",
    "m.me",
    "vm.tiktok.com",
    "vt.tiktok.com",
    "youtu.be",
    "instagr.am",
    "ig.me",
}

# First words of addresses that are the platform's own pages or single posts.
_NO_FACEBOOK_NAME = {
    "ads", "bookmarks", "business", "dialog", "events", "friends", "gaming", "hashtag", "help", "home", "home.php", "l.php",
    "legal", "live", "login", "login.php", "marketplace", "media", "messages", "notifications", "pages", "people", "permalink.php",
    "photo", "photo.php", "photos", "plugins", "policies", "privacy", "public", "reel", "reels", "search", "settings", "share",
    "share.php", "sharer", "sharer.php", "stories", "story.php", "video", "video.php", "videos", "watch",
}  # fmt: skip
_NO_INSTAGRAM_NAME = {
    "about", "accounts", "api", "developer", "direct", "explore", "legal", "p", "reel", "reels", "stories", "tv", "web",
}  # fmt: skip


def normalise(url: str) -> tuple[Platform, str]:
    """The platform and the one form (``https://…``, at most ``MAX_LENGTH`` characters) of a link as a person typed it.

    Raises ``NotALink``, ``UnknownPlatform`` or ``NotAChannel``.
    """
    parts = _split(url)
    host = (parts.hostname or "").removesuffix(".")
    platform = _PLATFORM_OF.get(host)
    if platform is None:
        raise NotAChannel(host) if host in _SHORT_LINKS else UnknownPlatform(host)
    segments = [
        unicodedata.normalize("NFC", unquote(segment)) for segment in parts.path.split("/") if segment
    ]
    if not segments or any(segment in {".", ".."} or _is_unsafe(segment) for segment in segments):
        raise NotAChannel(parts.path)
    found = _READERS[platform](segments, parts)
    if len(found) > MAX_LENGTH:
        raise NotALink(found)
    return platform, found


def domains(platform: Platform) -> list[str]:
    """The names under which links of this platform are written, without prefixes such as ``www.`` or ``m.``."""
    return sorted(host for host in _HOSTS[platform] if host.count(".") == 1)


def _split(url: str) -> SplitResult:
    text = url.strip()
    if (
        not text
        or len(text) > 2000
        or "\\" in text
        or any(character.isspace() for character in text)
        or _is_unsafe(text)
    ):
        raise NotALink(text[:80])
    if not re.match(r"https?://", text, re.IGNORECASE):
        # "facebook.com/name" as people write it; anything with a scheme of its own ("javascript:…") is refused.
        if ":" in text.split("/")[0] or text.startswith("/"):
            raise NotALink(text[:80])
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        has_odd_port = parts.port not in (None, 80, 443)
    except ValueError as error:
        raise NotALink(text[:80]) from error
    if "@" in parts.netloc or has_odd_port:
        raise NotALink(text[:80])
    return parts


def _is_unsafe(text: str) -> bool:
    """Whether control, invisible, bidirectional, private or unassigned characters occur."""
    return any(
        unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for character in text
    )


def _name(segments: list[str], pattern: str) -> str:
    """The first segment in lower case, if it has this form (in lower case too: some letters become two)."""
    name = segments[0].lower()
    if not re.fullmatch(pattern, segments[0]) or not re.fullmatch(pattern, name):
        raise NotAChannel(segments[0])
    return name


def _facebook(segments: list[str], parts: SplitResult) -> str:
    base = "https://www.facebook.com"
    first, rest = segments[0].lower(), segments[1:]
    if first == "pg" and rest:  # an older address of the same page
        first, segments, rest = rest[0].lower(), rest, rest[1:]
    match first:
        case "profile.php":
            number = parse_qs(parts.query).get("id", [""])[0]
            if not re.fullmatch(r"[0-9]{1,20}", number):
                raise NotAChannel(parts.query)
            return f"{base}/profile.php?id={number}"
        case "groups":
            if not rest or rest[0].lower() in {"feed", "discover", "joins", "create"}:
                raise NotAChannel(parts.path)
            return f"{base}/groups/{_name(rest, r'[A-Za-z0-9._-]{1,100}')}"
        case "pages" | "people" if len(rest) >= 2:
            return f"{base}/{first}/{_quoted(rest[:-1])}/{_name(rest[-1:], r'[0-9]{5,20}')}"
        case "p" if rest:
            return f"{base}/p/{_quoted(rest[:1])}"
    if first in _NO_FACEBOOK_NAME:
        raise NotAChannel(parts.path)
    # A page without a name of its own: words and number.
    if re.fullmatch(r"[\w.-]{2,100}-[0-9]{6,20}", segments[0]):
        return f"{base}/{_quoted(segments[:1])}"
    return f"{base}/{_name(segments, r'[A-Za-z0-9][A-Za-z0-9._-]{1,99}')}"


def _tiktok(segments: list[str], parts: SplitResult) -> str:
    return f"https://www.tiktok.com/{_name(segments, r'@[A-Za-z0-9._]{2,24}')}"


def _youtube(segments: list[str], parts: SplitResult) -> str:
    base = "https://www.youtube.com"
    first = segments[0].lower()
    if first == "channel" and len(segments) > 1:
        # The only kind whose letters differ by case.
        if not re.fullmatch(r"UC[A-Za-z0-9_-]{22}", segments[1]):
            raise NotAChannel(segments[1])
        return f"{base}/channel/{segments[1]}"
    if first in {"c", "user"} and len(segments) > 1:
        name = _name(segments[1:], r"[\w.·-]{1,100}")
        return f"{base}/{first}/{quote(name)}"
    handle = _name(segments, r"@[\w.·-]{3,30}")
    return f"{base}/{quote(handle, safe='@')}"


def _instagram(segments: list[str], parts: SplitResult) -> str:
    if segments[0].lower() in _NO_INSTAGRAM_NAME:
        raise NotAChannel(parts.path)
    return f"https://www.instagram.com/{_name(segments, r'[A-Za-z0-9._]{1,30}')}"


def _threads(segments: list[str], parts: SplitResult) -> str:
    return f"https://www.threads.com/{_name(segments, r'@[A-Za-z0-9._]{1,30}')}"


def _zalo(segments: list[str], parts: SplitResult) -> str:
    if segments[0].lower() == "g" and len(segments) > 1:
        if not re.fullmatch(r"[A-Za-z0-9]{4,40}", segments[1]):
            raise NotAChannel(segments[1])
        return f"https://zalo.me/g/{segments[1]}"
    if len(segments) > 1:
        raise NotAChannel(parts.path)
    return f"https://zalo.me/{_name(segments, r'[A-Za-z0-9._-]{4,60}')}"


def _quoted(segments: list[str]) -> str:
    for segment in segments:
        if not re.fullmatch(r"[\w.,'&()-]{1,120}", segment):
            raise NotAChannel(segment)
    return "/".join(quote(segment) for segment in segments)


_READERS: dict[Platform, Callable[[list[str], SplitResult], str]] = {
    Platform.FACEBOOK: _facebook,
    Platform.TIKTOK: _tiktok,
    Platform.YOUTUBE: _youtube,
    Platform.INSTAGRAM: _instagram,
    Platform.THREADS: _threads,
    Platform.ZALO: _zalo,
}
