"""Links of channels: one form, decided by the text alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolportal.people import channels
from kolportal.people.models import Platform

FACEBOOK, TIKTOK, YOUTUBE = Platform.FACEBOOK, Platform.TIKTOK, Platform.YOUTUBE
UC = "UCabcdefghijklmnopqrstuV"


@pytest.mark.parametrize(
    ("typed", "platform", "expected"),
    [
        ("https://www.facebook.com/PhuTho.24h", FACEBOOK, "https://www.facebook.com/phutho.24h"),
        ("facebook.com/phutho.24h/", FACEBOOK, "https://www.facebook.com/phutho.24h"),
        ("  http://m.facebook.com/phutho.24h?ref=share&fbclid=abc#x ", FACEBOOK, "https://www.facebook.com/phutho.24h"),
        ("HTTPS://FB.COM/PhuTho.24H", FACEBOOK, "https://www.facebook.com/phutho.24h"),
        ("https://www.facebook.com/phutho.24h/videos", FACEBOOK, "https://www.facebook.com/phutho.24h"),
        ("https://www.facebook.com/pg/phutho.24h/about", FACEBOOK, "https://www.facebook.com/phutho.24h"),
        ("https://facebook.com/profile.php?id=100012345678&sk=about", FACEBOOK, "https://www.facebook.com/profile.php?id=100012345678"),
        ("https://www.facebook.com/groups/NguoiPhuTho/posts/123", FACEBOOK, "https://www.facebook.com/groups/nguoiphutho"),
        ("https://www.facebook.com/groups/123456789", FACEBOOK, "https://www.facebook.com/groups/123456789"),
        ("https://www.facebook.com/pages/Việt-Trì/123456789", FACEBOOK, "https://www.facebook.com/pages/Vi%E1%BB%87t-Tr%C3%AC/123456789"),
        ("https://www.facebook.com/pages/Vi%E1%BB%87t-Tr%C3%AC/123456789", FACEBOOK, "https://www.facebook.com/pages/Vi%E1%BB%87t-Tr%C3%AC/123456789"),
        ("https://www.facebook.com:443/phutho.24h", FACEBOOK, "https://www.facebook.com/phutho.24h"),
        ("https://www.facebook.com./phutho.24h", FACEBOOK, "https://www.facebook.com/phutho.24h"),
        ("https://www.tiktok.com/@Lan.Dat.To?_t=8abc&_r=1", TIKTOK, "https://www.tiktok.com/@lan.dat.to"),
        ("tiktok.com/@lan.dat.to/video/7123", TIKTOK, "https://www.tiktok.com/@lan.dat.to"),
        ("https://m.youtube.com/@PhuThoTV?si=abc", YOUTUBE, "https://www.youtube.com/@phuthotv"),
        ("https://www.youtube.com/@đấttổ", YOUTUBE, "https://www.youtube.com/@%C4%91%E1%BA%A5tt%E1%BB%95"),
        (f"https://www.youtube.com/channel/{UC}/videos", YOUTUBE, f"https://www.youtube.com/channel/{UC}"),
        ("https://www.youtube.com/c/PhuThoTV", YOUTUBE, "https://www.youtube.com/c/phuthotv"),
        ("https://www.youtube.com/user/PhuThoTV", YOUTUBE, "https://www.youtube.com/user/phuthotv"),
        ("https://www.instagram.com/Lan_DatTo/?igshid=1", Platform.INSTAGRAM, "https://www.instagram.com/lan_datto"),
        ("https://www.threads.net/@Lan_DatTo", Platform.THREADS, "https://www.threads.com/@lan_datto"),
        ("threads.com/@lan_datto", Platform.THREADS, "https://www.threads.com/@lan_datto"),
        ("https://zalo.me/0912345678", Platform.ZALO, "https://zalo.me/0912345678"),
        ("zalo.me/g/abcXYZ123", Platform.ZALO, "https://zalo.me/g/abcXYZ123"),
    ],
)  # fmt: skip
def test_one_form(typed: str, platform: Platform, expected: str) -> None:
    assert channels.normalise(typed) == (platform, expected)
    assert channels.normalise(expected) == (platform, expected)


def test_kinds_of_youtube_address_stay_apart() -> None:
    forms = {channels.normalise(f"https://youtube.com/{kind}PhuThoTV")[1] for kind in ("@", "c/", "user/")}
    assert len(forms) == 3


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "phutho", "javascript:alert(1)", "JavaScript://facebook.com/%0aalert(1)", "data:text/html,x", "ftp://facebook.com/a",
        "//facebook.com/phutho", "https://", "https://user@facebook.com/phutho", "https://facebook.com@evil.example/phutho",
        "https://facebook.com:8080/phutho", "https://facebook.com:x/phutho", "https://facebook.com\\@evil.example/",
        "https://facebook.com/phu tho", "https://facebook.com/phu\u202etho", "https://facebook.com/phu\u200btho",
        "https://facebook.com/\x00", "https://facebook.com/" + "a" * 10_000, "https://[::1/phutho",
    ],
)  # fmt: skip
def test_what_is_no_link_is_refused(typed: str) -> None:
    with pytest.raises((channels.NotALink, channels.UnknownPlatform)):
        channels.normalise(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "https://evil.example/facebook.com/phutho", "https://facebook.com.evil.example/phutho", "https://notfacebook.com/phutho",
        "https://fаcebook.com/phutho",  # Cyrillic а
        "https://xn--fcebook-2fg.com/phutho", "https://ｆacebook.com/phutho", "https://facebook.com%2eevil.example/phutho",
        "https://x.com/phutho", "https://192.0.2.1/phutho",
    ],
)  # fmt: skip
def test_other_hosts_and_look_alikes_are_refused(typed: str) -> None:
    with pytest.raises(channels.UnknownPlatform):
        channels.normalise(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "https://www.facebook.com/", "https://www.facebook.com/watch?v=1", "https://www.facebook.com/sharer.php?u=x",
        "https://www.facebook.com/profile.php?id=me", "https://www.facebook.com/groups/", "https://www.facebook.com/../etc",
        "https://www.tiktok.com/phutho", "https://vm.tiktok.com/ZS123/", "https://youtu.be/abc", "https://www.youtube.com/watch?v=1",
        "https://www.youtube.com/channel/UCshort", "https://www.instagram.com/p/abc/", "https://www.threads.net/phutho",
        "https://zalo.me/g/", "https://zalo.me/a/b", "https://fb.watch/abc", "https://www.facebook.com/a%2Fb%00c",
    ],
)  # fmt: skip
def test_posts_short_links_and_own_pages_are_no_channels(typed: str) -> None:
    with pytest.raises(channels.NotAChannel):
        channels.normalise(typed)


@given(st.text(max_size=200) | st.text(max_size=60).map("https://www.facebook.com/".__add__))
def test_any_text_gives_a_safe_link_or_a_typed_error(typed: str) -> None:
    try:
        platform, url = channels.normalise(typed)
    except channels.ChannelLinkError:
        return
    assert url.startswith("https://")
    assert url.isascii()
    assert len(url) <= channels.MAX_LENGTH
    assert channels.normalise(url) == (platform, url)
