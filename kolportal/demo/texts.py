"""Words of the demo: units, meetings, the pledge in Vietnamese and English. The matter is that of the real meeting."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

MARK = "Dữ liệu minh họa"


class Law(NamedTuple):
    """A row for ``LegalReference``; ``ended_date`` is the first day on which it no longer applies."""

    number: str
    title: str
    issued_date: date
    in_force_date: date | None
    ended_date: date | None = None


class Undertaking(NamedTuple):
    """One undertaking in both languages; ``binds`` as in ``pledges.text.Binds``."""

    vietnamese: str
    english: str
    laws: tuple[Law, ...] = ()
    binds: str = "everyone"


CYBERSECURITY_2018 = Law(
    "24/2018/QH14", "Luật An ninh mạng", date(2018, 6, 12), date(2019, 1, 1), ended_date=date(2026, 7, 1)
)
CYBERSECURITY_2025 = Law("116/2025/QH15", "Luật An ninh mạng", date(2025, 12, 10), date(2026, 7, 1))
INTERNET_DECREE = Law(
    "147/2024/NĐ-CP",
    "Nghị định về quản lý, cung cấp, sử dụng dịch vụ Internet và thông tin trên mạng",
    date(2024, 11, 9),
    date(2024, 12, 25),
)
CONDUCT_2021 = Law(
    "874/QĐ-BTTTT",
    "Bộ Quy tắc ứng xử trên mạng xã hội",
    date(2021, 6, 17),
    date(2021, 6, 17),
    ended_date=date(2026, 3, 5),
)
CONDUCT_2026 = Law(
    "423/QĐ-BVHTTDL",
    "Bộ Quy tắc ứng xử văn hóa trên môi trường số",
    date(2026, 3, 5),
    date(2026, 3, 5),
)

# Cited by the privacy page, not by a pledge.
DATA_PROTECTION_LAW = Law("91/2025/QH15", "Luật Bảo vệ dữ liệu cá nhân", date(2025, 6, 26), date(2026, 1, 1))

TITLE_VI = "Bản cam kết chấp hành pháp luật và truyền thông có trách nhiệm trên không gian mạng"
TITLE_EN = "Pledge to obey the law and to communicate responsibly online"

PREAMBLE_VI = (
    "Tham gia chương trình **“Không gian số Phú Thọ văn minh, an toàn”**, tôi hiểu rằng việc ký bản cam kết này là tự "
    "nguyện, việc ký hay không ký không ảnh hưởng đến quyền đăng ký và tham dự các hội nghị của chương trình.\n\n"
    "Với tư cách cá nhân và với các trang, nhóm, kênh ghi trong bản này (nếu có), tôi cam kết thực hiện những nội dung sau:"
)
PREAMBLE_EN = (
    "Taking part in the programme **“Không gian số Phú Thọ văn minh, an toàn”** (A civil and safe digital space for Phú "
    "Thọ), I understand that signing this pledge is voluntary, and that signing or not signing has no effect on my right "
    "to register for and attend the programme's meetings.\n\n"
    "For myself and for the pages, groups and channels named in this document (if any), I pledge the following:"
)
CLOSING_VI = (
    "Tôi đã đọc, hiểu rõ và tự nguyện cam kết. Tôi có thể rút cam kết này bất cứ lúc nào trên cổng thông tin; bản đã ký "
    "vẫn được lưu, và trạng thái trên cổng ghi rõ là đã rút."
)
CLOSING_EN = (
    "I have read and understood this text and make this pledge of my own free will. I can withdraw it on the portal at any "
    "time; the signed document is then kept, and its state on the portal says that it was withdrawn."
)

CHECKS = (
    "Kiểm tra, đối chiếu nguồn tin trước khi đăng tải hoặc chia sẻ; không tạo ra, không lan truyền thông tin sai sự thật.",
    "I check and compare sources before I post or share; I neither make nor spread false information.",
)
PUBLISHES = (
    (
        "Đăng tải nội dung đúng pháp luật, phù hợp với chuẩn mực văn hóa và thuần phong mỹ tục; lan tỏa thông tin chính thống "
        "và những giá trị tích cực."
    ),
    (
        "I publish what obeys the law and suits cultural standards and good customs; I spread official information and positive "
        "values."
    ),
)
PUBLISHES_AND_DISCLOSES = (
    (
        "Đăng tải nội dung đúng pháp luật, phù hợp với chuẩn mực văn hóa và thuần phong mỹ tục; lan tỏa thông tin chính thống "
        "và những giá trị tích cực; ghi rõ khi nội dung là quảng cáo."
    ),
    (
        "I publish what obeys the law and suits cultural standards and good customs; I spread official information and positive "
        "values; I say so when content is advertising."
    ),
)
MANAGES = (
    (
        "Là quản trị viên, tôi quản lý chặt chẽ thành viên, kịp thời xử lý các bài viết, bình luận vi phạm trong trang, nhóm, "
        "kênh do mình phụ trách."
    ),
    (
        "As an administrator I manage members closely and deal without delay with posts and comments that break the rules in my "
        "pages, groups and channels."
    ),
)
EXPLAINS = (
    "Tích cực tham gia phổ biến, giáo dục pháp luật đến người theo dõi và cộng đồng.",
    "I take an active part in making the law known to my followers and to the community.",
)
REPORTS = (
    "Khi phát hiện vi phạm, phối hợp với cơ quan có thẩm quyền để ngăn chặn và xử lý.",
    "When I find a violation, I work with the competent authorities to stop it and to deal with it.",
)
STANDS_FOR = (
    "Là một **đại sứ** của không gian mạng an toàn, lành mạnh, văn minh, “xanh - sạch - đẹp”.",
    "I am an **ambassador** of a safe, healthy and civil space online, “green - clean - beautiful”.",
)

# By the number of the edition. The first one is of August 2025; the second, for the coming meeting, cites the law that is in
# force since 1 July 2026 and the code of conduct of that year, with its duty to disclose advertising.
UNDERTAKINGS: dict[int, tuple[Undertaking, ...]] = {
    1: (
        Undertaking(*CHECKS, laws=(CYBERSECURITY_2018, INTERNET_DECREE)),
        Undertaking(*PUBLISHES, laws=(CYBERSECURITY_2018, CONDUCT_2021)),
        Undertaking(*MANAGES, laws=(INTERNET_DECREE,), binds="page_admin"),
        Undertaking(*EXPLAINS),
        Undertaking(*REPORTS, laws=(CYBERSECURITY_2018,)),
        Undertaking(*STANDS_FOR),
    ),
    2: (
        Undertaking(*CHECKS, laws=(CYBERSECURITY_2025, INTERNET_DECREE)),
        Undertaking(*PUBLISHES_AND_DISCLOSES, laws=(CYBERSECURITY_2025, CONDUCT_2026)),
        Undertaking(*MANAGES, laws=(INTERNET_DECREE,), binds="page_admin"),
        Undertaking(*EXPLAINS),
        Undertaking(*REPORTS, laws=(CYBERSECURITY_2025,)),
        Undertaking(*STANDS_FOR),
    ),
}

POLICE = "Phòng An ninh mạng và phòng, chống tội phạm sử dụng công nghệ cao, Công an tỉnh Phú Thọ"
PARTY = "Ban Tuyên giáo và Dân vận Tỉnh ủy Phú Thọ"

SEPTEMBER_TITLE = "Hội nghị gặp gỡ người có ảnh hưởng và quản trị viên trang, nhóm, kênh mạng xã hội năm 2025"
SEPTEMBER_SUMMARY = (
    "Gặp gỡ, trao đổi với người có ảnh hưởng (KOL) và quản trị viên các trang, nhóm, kênh mạng xã hội trên địa bàn tỉnh về "
    "trách nhiệm lan tỏa thông tin chính thống, tích cực; phát động chương trình “Không gian số Phú Thọ văn minh, an toàn” "
    "và mời ký cam kết chấp hành pháp luật, truyền thông có trách nhiệm trên không gian mạng."
)
NEXT_TITLE = "Hội nghị trao đổi kỹ năng kiểm chứng thông tin trên mạng xã hội (minh họa)"
NEXT_SUMMARY = (
    "Trao đổi kinh nghiệm kiểm chứng thông tin, xử lý bình luận vi phạm và ghi rõ nội dung quảng cáo. Đây là hội nghị minh "
    "họa để dùng thử cổng thông tin, không có thật."
)
# Minutes after the start, title, speaker's role.
SEPTEMBER_AGENDA = (
    (0, "Đón tiếp đại biểu, điểm danh", ""),
    (30, "Khai mạc, giới thiệu đại biểu", "Đại diện lãnh đạo Công an tỉnh"),
    (
        45,
        "Trách nhiệm của người có ảnh hưởng trong việc lan tỏa thông tin chính thống, tích cực",
        "Đại diện Ban Tuyên giáo và Dân vận Tỉnh ủy",
    ),
    (
        80,
        "Quy định pháp luật về an ninh mạng đối với quản trị viên trang, nhóm, kênh",
        "Đại diện Phòng An ninh mạng",
    ),
    (
        120,
        "Phát động chương trình “Không gian số Phú Thọ văn minh, an toàn”",
        "Đại diện lãnh đạo Công an tỉnh",
    ),
    (140, "Giới thiệu và mời ký bản cam kết (tự nguyện)", "Các KOL và quản trị viên tham dự"),
    (165, "Trao đổi, giải đáp; bế mạc", ""),
)
NEXT_AGENDA = (
    (0, "Đón tiếp đại biểu, điểm danh", ""),
    (30, "Kỹ năng kiểm chứng hình ảnh và nguồn tin", "Đại diện Phòng An ninh mạng"),
    (75, "Thảo luận theo nhóm: xử lý bình luận vi phạm", "Các KOL và quản trị viên tham dự"),
    (120, "Giải đáp; bế mạc", ""),
)
