"""The Vietnamese of every message keeps the editor's glossary and rules, where a machine can tell.

Words of an interrogation are not said to citizens by a portal of the police, one thing has one name, and the typography
is that of the rest. What only a reader can judge stays with readers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import polib

LOCALE: Final = Path(__file__).resolve().parents[2] / "kolportal/locale/vi"


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its msgid, its Vietnamese, the sources that say it (none: a fragment or a library's)."""

    msgid: str
    words: str
    paths: tuple[str, ...]

    @property
    def for_staff_only(self) -> bool:
        """Whether no signer can meet it, as far as its sources tell."""
        return bool(self.paths) and all(
            re.search(r"(^|/)admin[/.]|^kolportal/(audit|frame)/|^templates/unfold/", path)
            for path in self.paths
        )

    @property
    def on_a_signers_page(self) -> bool:
        """Whether a page or mail of signers says it itself (and not only a model's field)."""
        return not self.for_staff_only and any(
            re.search(r"^templates/(?!admin/|unfold/)|/views(/|\.py)", path) for path in self.paths
        )


@cache
def messages() -> tuple[Message, ...]:
    """Every message of ``django.po`` and ``djangojs.po``; what a fragment says wins, as in ``.ci/messages.py``."""
    said: dict[tuple[str | None, str], Message] = {}
    catalogues = [LOCALE / f"LC_MESSAGES/{name}.po" for name in ("djangojs", "django")]
    for source in [*catalogues, *sorted((LOCALE / "fragments").glob("*.po"))]:
        for entry in polib.pofile(str(source)):
            words = entry.msgstr_plural.get(0, "") if entry.msgid_plural else entry.msgstr
            key = (entry.msgctxt, entry.msgid)
            paths = tuple(path for path, _line in entry.occurrences)
            if words and not entry.obsolete:
                said[key] = Message(entry.msgid, words, paths or (said[key].paths if key in said else ()))
    return tuple(said.values())


def against(rules: Mapping[str, str], where: tuple[Message, ...]) -> str:
    """The messages that break one of the rules (wrong words → better ones), tags aside; "" where there is none."""
    found = []
    for wrong, better in rules.items():
        pattern = re.compile(wrong, re.IGNORECASE)
        for message in where:
            hit = pattern.search(re.sub(r"<[^>]*>", "", message.words))
            if hit and message.msgid not in EXCEPTIONS.get(wrong, frozenset()):
                found.append(
                    f"{hit.group()!r}, better {better!r}: {message.words!r}\n"
                    f"    {message.msgid!r} {', '.join(message.paths)}"
                )
    return "\n".join(found)


INTERROGATION: Final = {
    r"đối tượng": "tư cách tham gia; bản ghi, mục",
    r"lời khai": "thông tin anh/chị cung cấp",
    r"căn cước công dân|chứng minh nhân dân": "thẻ căn cước, số định danh cá nhân",
    r"nhân chứng": "bên chứng kiến",
    r"hồ sơ của anh/chị": "thông tin của anh/chị",
}
"""Said to nobody, staff included."""

TO_SIGNERS: Final = {
    r"(?<!công )(?<!triển )\bkhai\b": "điền, nhập, thêm, cung cấp",
    r"\bhồ sơ\b": "thông tin",
    r"\bxác minh\b": "xác nhận, xác thực",
    r"\bdanh tính\b": "xác thực người ký; đăng nhập lại",
    r"\bbằng chứng\b": "thông tin về lần ký",
    r"\bchứng minh\b": "xác nhận, cho biết",
    r"\bđề nghị\b": "mời",
    r"\bquản lý (dữ liệu|người(?! dùng)|thông tin|bản cam kết này)": "lập, lưu giữ và kiểm tra",
    r"\bhãy\b": "vui lòng, mời",
    r"(?<!không )\bphải\b": "cần",
    r"(?<!xử lý )\b(được|bị) yêu cầu\b|yêu cầu anh/chị": "mời, cần",
    r"\bbạn\b": "anh/chị",
    r"\bxin\b": "vui lòng",
    r"không được\b": "không …, chưa … được",
}
"""Words that the police own, and the tone of an order."""

ONE_TERM: Final = {
    r"điều cam kết": "nội dung cam kết",
    r"nội dung bản cam kết": "văn bản cam kết",
    r"chữ ký (còn|đang có|có|vẫn còn) (hiệu lực|giá trị)|vẫn có giá trị": "cam kết còn hiệu lực",
    r"chữ ký mới hơn": "lần ký mới",
    r"chữ ký điện tử|chữ ký số của đơn vị": "nét ký; dấu điện tử",
    r"\bcon dấu\b": "dấu điện tử",
    r"chứng thư (của dấu|điện tử)": "chứng thư đóng dấu",
    r"(tem|nhãn) thời gian": "dấu thời gian",
    r"tự khai": "tự ghi, tự nhận",
    r"nhật ký kiểm tra|bản ghi nhật ký": "nhật ký hoạt động, mục nhật ký",
    r"cách xác nhận người ký|mức độ xác thực": "cách xác thực người ký",
    r"mã xác minh": "mã xác nhận",
    r"gửi lại mã": "gửi mã mới",
    r"hủy (việc )?từ chối|từ chối được hủy": "rút lại việc từ chối",
    r"\bđã thay thế\b": "đã được thay thế",
    r"\bđã đóng\b(?! dấu)|đóng (bản cam kết|sự kiện)": "đã ngừng ký, đã kết thúc",
    r"đăng ký tài khoản": "tạo tài khoản",
    r"đại biểu": "người tham dự",
    r"ban tổ chức|cơ quan tổ chức|cơ quan chức năng": "đơn vị tổ chức; cơ quan có thẩm quyền",
    r"người nổi tiếng": "người có ảnh hưởng trên mạng xã hội (KOL)",
    r"(?<!tên thường dùng \()nghệ danh": "tên thường dùng (nghệ danh)",
    r"đơn vị công tác": "đại diện cho đơn vị",
    r"liên kết": "đường dẫn",
    r"trang web": "cổng",
    r"ai xử lý|rút sự đồng ý": "bên kiểm soát dữ liệu cá nhân; rút lại sự đồng ý",
    r"địa chỉ mạng": "địa chỉ IP",
    r"hành động": "thao tác",
    r"trình diễn": "dùng thử, minh họa",
    r"thiết lập": "đặt",
    r"chuẩn tắc": "chuẩn hóa",
    r"chứng từ": "không có giá trị sử dụng",
    r"số tài khoản": "mã tài khoản (số tài khoản is a bank's)",
    r"(?<!sắp )\btới\b": "đến",
    r"tải xuống": "tải + thing, tải về",
    r"\bnhấn\b": "bấm",
    r"(?<!hộp )(?<!chứng )\bthư\b(?! mời| mục)": "email",
    r"(?-i:Chủ nhật)": "Chủ Nhật",
}
"""What stands for each concept of the glossary: the wrong term and the right one."""

PUNCTUATION: Final = {
    r"\"|(?<!\w)'|'(?!\w)|‘|’": "quotes are “ ”",
    r"\.\.\.": "… is one character",
    r"!": "no exclamation marks",
    r"(?<!Độc lập)(?<!Tự do)(?<!xanh)(?<!sạch) - ": "no spaced hyphen",
    r"\s[:;]|\s%(?![(sdr])": "no space before : ; %",
    r"o[àáảãạèéẻẽẹ]\b|(?<!q)u[ỳýỷỹỵ]\b": "tone marks as in hòa, xóa, khóa, hủy, thủy",
}


EXCEPTIONS: Final = {
    # Of the seal, not of a person, and the words of the paper that lawyers read.
    r"\bchứng minh\b": frozenset(
        {
            (
                "The seal is the organisation's. It is not the signer's digital signature and does not by itself prove "
                "who was at the device. The times on this sheet are recorded by the system; there is no time-stamp of a "
                "trust service provider with them."
            )
        }
    ),
    # Labels, not items of a list.
    r"xã, phường": frozenset(
        {
            "commune",
            "Commune",
            "Commune or ward",
            "name of the commune",
            "By commune",
            "Choose a commune or ward",
        }
    ),
    # Beginnings of sentences that a time ends, no heads of columns.
    r"\blúc$": frozenset({"Your answer was recorded at", "You were checked in at"}),
}
"""Which messages, by msgid, may say what a rule forbids, and why."""


def test_no_message_speaks_as_an_interrogation() -> None:
    assert not (found := against(INTERROGATION, messages())), found


def test_nothing_that_a_signer_reads_orders_or_questions() -> None:
    met = tuple(message for message in messages() if not message.for_staff_only)
    assert not (found := against(TO_SIGNERS, met)), found


def test_one_thing_has_one_name() -> None:
    assert not (found := against(ONE_TERM, messages())), found


def test_signers_are_invited_to_meetings_and_staff_run_events() -> None:
    shown = tuple(message for message in messages() if message.on_a_signers_page)
    assert not (found := against({r"sự kiện": "hội nghị"}, shown)), found


def test_communes_and_wards_are_one_item_of_a_list() -> None:
    assert not (found := against({r"xã, phường": "xã/phường"}, messages())), found


def test_heads_of_columns_do_not_end_in_the_air() -> None:
    assert not (found := against({r"\blúc$": "thời điểm …"}, messages())), found


def test_typography_is_of_one_hand() -> None:
    assert not (found := against(PUNCTUATION, messages())), found


def test_letters_are_composed() -> None:
    found = [message for message in messages() if not unicodedata.is_normalized("NFC", message.words)]
    assert not found, "\n".join(message.words for message in found)
