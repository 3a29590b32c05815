"""Generated people. Fixed seed: the same people every time."""

from __future__ import annotations

import random
from dataclasses import dataclass

from kolportal.people import communes
from kolportal.people.models import ChannelRole, Platform, SignerKind
from kolportal.vietnamese import fold

_FAMILY = [
    "Nguyễn", "Nguyễn", "Nguyễn", "Nguyễn", "Trần", "Trần", "Lê", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Đặng",
    "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Hà", "Đinh", "Quách", "Phùng",
]  # fmt: skip
_MIDDLE = {
    "f": [
        "Thị", "Thị", "Ngọc", "Thu", "Thanh", "Khánh", "Phương",
    ],
    "m": [
        "Văn", "Đức", "Minh", "Quang", "Xuân", "Hữu", "Tuấn",
    ],
}  # fmt: skip
_GIVEN = {
    "f": [
        "An", "Ánh", "Bích", "Chi", "Dung", "Đào", "Giang", "Hà", "Hạnh", "Hằng", "Hoa", "Hòa", "Huệ",
        "Hương", "Lan", "Linh", "Loan", "Mai", "My", "Nga", "Ngân", "Nhung", "Oanh", "Phượng", "Quỳnh",
        "Thảo", "Thủy", "Trang", "Uyên", "Yến",
    ],
    "m": [
        "Anh", "Bách", "Bình", "Công", "Cường", "Dũng", "Đạt", "Đông", "Đức", "Giáp", "Hải", "Hiếu", "Hòa",
        "Hùng", "Huy", "Khoa", "Kiên", "Long", "Nam", "Phong", "Phúc", "Quân", "Sơn", "Thắng", "Tiến", "Toàn",
        "Trung", "Tú", "Vinh", "Ước",
    ],
}  # fmt: skip
_KINDS = [SignerKind.KOL] * 4 + [SignerKind.PAGE_ADMIN] * 4 + [SignerKind.BOTH] * 2
_LINK = {
    Platform.FACEBOOK: "https://www.facebook.com/minhhoa.{key}",
    Platform.TIKTOK: "https://www.tiktok.com/@minhhoa.{key}",
    Platform.YOUTUBE: "https://www.youtube.com/@minhhoa{key}",
    Platform.INSTAGRAM: "https://www.instagram.com/minhhoa.{key}",
    Platform.THREADS: "https://www.threads.com/@minhhoa.{key}",
    Platform.ZALO: "https://zalo.me/minhhoa{key}",
}
_WEIGHTS = {
    Platform.FACEBOOK: 46,
    Platform.TIKTOK: 26,
    Platform.YOUTUBE: 14,
    Platform.INSTAGRAM: 5,
    Platform.THREADS: 3,
    Platform.ZALO: 6,
}
_TOPIC = [
    "Tin tức", "Ẩm thực", "Du lịch", "Nông sản", "Giải trí", "Học tập", "Mẹ và bé", "Thể thao", "Việc làm", "Chợ quê",
]  # fmt: skip
ADDRESSES = "minh-hoa-"
"""How the addresses of generated people begin."""

# Whom guests speak for.
_BODIES = [
    "Sở Văn hóa, Thể thao và Du lịch",
    "Tỉnh đoàn",
    "Hội Liên hiệp Phụ nữ tỉnh",
    "Cơ quan báo chí địa phương",
]


@dataclass(frozen=True, slots=True)
class DemoChannel:
    """A channel that does not exist."""

    platform: Platform
    url: str
    name: str
    followers: int
    role: ChannelRole


@dataclass(frozen=True, slots=True)
class DemoGuest:
    """A row of an organiser's list that no account stands behind; ``kind`` is empty for guests who run no channel."""

    full_name: str
    kind: str
    commune_code: str
    body: str


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person who does not exist."""

    number: int
    email: str
    full_name: str
    stage_name: str
    kind: SignerKind
    commune_code: str
    channels: tuple[DemoChannel, ...]


def generate(count: int, *, seed: int = 20250910) -> list[DemoPerson]:
    """``count`` people with one to three channels each, in communes all over the province."""
    draw = random.Random(seed)  # noqa: S311  (repeatable demo data, nothing secret)
    codes = list(communes.all_communes())
    return [_person(number, draw=draw, codes=codes) for number in range(1, count + 1)]


def listed(count: int, *, guests: int, seed: int = 20250801) -> list[DemoGuest]:
    """``count`` rows of a list as a unit sends it, the last ``guests`` of them guests; no addresses, no numbers."""
    draw = random.Random(seed)  # noqa: S311  (repeatable demo data, nothing secret)
    codes = list(communes.all_communes())
    return [
        DemoGuest(
            full_name=_name(draw),
            kind="" if number >= count - guests else draw.choice(_KINDS).value,
            commune_code="" if number >= count - guests else draw.choice(codes),
            body=draw.choice(_BODIES) if number >= count - guests else "",
        )
        for number in range(count)
    ]


def _name(draw: random.Random) -> str:
    sex = draw.choice("fm")
    return f"{draw.choice(_FAMILY)} {draw.choice(_MIDDLE[sex])} {draw.choice(_GIVEN[sex])}"


def _person(number: int, *, draw: random.Random, codes: list[str]) -> DemoPerson:
    full_name = _name(draw)
    commune_code = draw.choice(codes)
    platforms = draw.choices(
        list(_WEIGHTS), weights=list(_WEIGHTS.values()), k=draw.choice([1, 1, 1, 2, 2, 3])
    )
    return DemoPerson(
        number=number,
        email=f"{ADDRESSES}{number:03d}@example.com",
        full_name=full_name,
        stage_name=f"{full_name.split()[-1]} {draw.choice(_TOPIC)} (minh họa)",
        kind=draw.choice(_KINDS),
        commune_code=commune_code,
        channels=tuple(
            _channel(number, platform=platform, draw=draw, commune_code=commune_code)
            for platform in dict.fromkeys(platforms)
        ),
    )


def _channel(number: int, *, platform: Platform, draw: random.Random, commune_code: str) -> DemoChannel:
    commune = communes.get(commune_code)
    place = commune.name if commune else ""
    # A few channels are claimed by two people, so that staff see how this is shown.
    key = f"{number - 1 if number % 40 == 0 else number:03d}"
    name = f"{draw.choice(_TOPIC)} {place}"
    return DemoChannel(
        platform=platform,
        url=_LINK[platform].format(
            key=f"{key}.{fold(place).replace(' ', '')}"[:40] if platform != Platform.ZALO else key
        ),
        name=f"{name} (minh họa)",
        followers=int(draw.lognormvariate(9.6, 1.1)) // 100 * 100 + 1000,
        role=draw.choices(list(ChannelRole), weights=[6, 3, 1])[0],
    )
