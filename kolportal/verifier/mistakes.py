"""What ``kolportal-verify`` says where it cannot begin, and how to go on: in both languages, as :mod:`.words`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kolportal.verifier.trusted import KeysFault
from kolportal.verifier.words import Words, both

USAGE: Final = """kolportal-verify – kiểm tra tài liệu đã đóng dấu / check a sealed document

  kolportal-verify TAI-LIEU.pdf [TAI-LIEU.tlog-proof] --keys trusted.json
                   [--json] [--lang vi|en] [--at 2026-10-01T00:00:00Z]
  kolportal-verify --version

Mã kết thúc / exit codes:
  0   nguyên vẹn và đã ghi sổ       whole and logged
  1   không phải như vậy            it is not
  2   không thể kết luận            cannot tell
  64  dùng sai lệnh                 wrong use

Không kết nối mạng / contacts nobody."""

MISUSED: Final = both(
    "Lệnh chưa đúng. Vui lòng viết lệnh theo mẫu dưới đây.",
    "This is not how the command is used. Please follow the pattern below.",
)

NOT_READ: Final[Mapping[type[OSError], Words]] = {
    FileNotFoundError: both(
        "Không tìm thấy tệp {name}. Vui lòng kiểm tra lại tên tệp và thư mục.",
        "There is no file {name}. Please check its name and folder.",
    ),
    IsADirectoryError: both(
        "{name} là một thư mục. Vui lòng chỉ rõ tên một tệp trong đó.",
        "{name} is a folder. Please name a file in it.",
    ),
    PermissionError: both(
        "Anh/chị không có quyền đọc tệp {name}. Vui lòng chép tệp vào thư mục của mình rồi thử lại.",
        "You may not read the file {name}. Please copy it into a folder of yours and try again.",
    ),
    OSError: both(
        "Không đọc được tệp {name}. Vui lòng chép lại tệp rồi thử lại.",
        "The file {name} cannot be read. Please copy it anew and try again.",
    ),
}
"""Why a file was not read: what to do about it; OSError for whatever has no sentence of its own."""

BAD_KEYS: Final[Mapping[KeysFault, Words]] = {
    KeysFault.TOO_LONG: both(
        "Tệp khóa tin cậy quá lớn. Vui lòng kiểm tra xem sau --keys có đúng là tệp trusted.json không.",
        "The file of trusted keys is too large. Please check that the file after --keys is your trusted.json.",
    ),
    KeysFault.NOT_JSON: both(
        "Tệp khóa tin cậy không phải là JSON, hoặc bị hỏng. Vui lòng kiểm tra xem sau --keys có đúng là tệp trusted.json không.",
        "The file of trusted keys is not JSON, or damaged. Please check that the file after --keys is your trusted.json.",
    ),
    KeysFault.ANOTHER_FORMAT: both(
        "Đây không phải là tệp khóa tin cậy mà công cụ này đọc được. Vui lòng lấy tệp trusted.json từ nơi anh/chị tin cậy.",
        "This is not a file of trusted keys that this tool reads. Please get a trusted.json from somebody you trust.",
    ),
    KeysFault.NAMES: both(
        "Tệp khóa tin cậy thiếu mục bắt buộc, hoặc có mục không quy định. Vui lòng thêm mục còn thiếu và bỏ mục thừa.",
        "The file of trusted keys lacks a name, or has one too many. Please add what is missing and take out the rest.",
    ),
    KeysFault.VALUE: both(
        "Một mục trong tệp khóa tin cậy có giá trị không đúng kiểu. Vui lòng sửa lại mục đó.",
        "A value in the file of trusted keys is of the wrong kind. Please put it right.",
    ),
    KeysFault.CERTIFICATE: both(
        "Tệp khóa tin cậy có chứng thư gốc không đọc được. Vui lòng chép lại chứng thư dạng PEM, mỗi mục một chứng thư.",
        "A root in the file of trusted keys cannot be read. Please copy each certificate anew, in PEM, one an item.",
    ),
    KeysFault.BASE64: both(
        "Dữ liệu thu hồi trong tệp khóa tin cậy không phải là base64. Vui lòng chép lại dữ liệu đó.",
        "Revocation data in the file of trusted keys are not base64. Please copy them anew.",
    ),
    KeysFault.LOG: both(
        "Phần về sổ minh bạch trong tệp khóa tin cậy không dùng được. Vui lòng chép lại khóa của sổ và của các bên chứng kiến.",
        "The part about the log in the file of trusted keys cannot be used. Please copy the keys of log and witnesses anew.",
    ),
}
