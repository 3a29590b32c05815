"""A pledge sheet like those of the September meeting, for tests and the bench of rendering."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from typing import Any

from pledges import strokes
from pledges.rendering import ChannelLine, PledgeSheet, ProofLine
from pledges.text import Binds, LegalReferenceText, PledgeText, UndertakingText

SIGNED_AT = datetime(2025, 9, 10, 1, 30, 15, tzinfo=UTC)

UNDERTAKINGS = (
    "Kiểm tra, xác minh thông tin trước khi chia sẻ; **không đăng tải, lan truyền** thông tin sai sự thật.",
    "Đăng tải nội dung tuân thủ pháp luật, chuẩn mực văn hóa, thuần phong mỹ tục; lan tỏa giá trị tích cực.",
    "Người quản trị: quản lý chặt chẽ thành viên, xử lý kịp thời các vi phạm trong trang, nhóm, kênh do mình quản lý.",
    "Tích cực tham gia tuyên truyền, phổ biến pháp luật tới người theo dõi và cộng đồng mạng.",
    "Phối hợp với cơ quan chức năng khi phát hiện hành vi vi phạm pháp luật trên không gian mạng.",
    "Là “đại sứ” xây dựng không gian mạng an toàn, lành mạnh, văn minh, “xanh - sạch - đẹp”.",
)


def drawn() -> str:
    """SVG of a signature-like line of 200 points in two strokes."""
    flourish = [
        {"x": 20 + i * 2.2 + 14 * math.sin(i / 3), "y": 80 + 35 * math.sin(i / 4.2) * math.exp(-i / 90)}
        for i in range(120)
    ]
    underline = [{"x": 60 + i * 2, "y": 120 - i * 0.4} for i in range(80)]
    return strokes.to_svg(strokes.parse(json.dumps([{"points": flourish}, {"points": underline}])))


def text(*, language: str = "vi", **changes: Any) -> PledgeText:
    reference = LegalReferenceText(
        title="Bộ Quy tắc ứng xử trên môi trường mạng",
        number="423/QĐ-BVHTTDL",
        issued_date=date(2026, 3, 5),
        in_force_date=date(2026, 3, 5),
    )
    law = LegalReferenceText(
        title="Luật An ninh mạng", number="116/2025/QH15", issued_date=date(2025, 12, 10), in_force_date=None
    )
    values: dict[str, Any] = {
        "pledge_slug": "khong-gian-so",
        "number": 1,
        "language": language,
        "title": "Bản cam kết tuân thủ pháp luật trên không gian mạng"
        if language == "vi"
        else "Commitment to obey the law online",
        "preamble": "Hưởng ứng chương trình *“Không gian số Phú Thọ văn minh, an toàn”*, tôi tự nguyện cam kết:",
        "undertakings": tuple(
            UndertakingText(
                text=line,
                binds=Binds.PAGE_ADMIN if number == 2 else Binds.EVERYONE,
                legal_references=(reference, law) if number == 0 else (),
            )
            for number, line in enumerate(UNDERTAKINGS)
        ),
        "closing": "Tôi đã đọc, hiểu rõ và tự nguyện thực hiện các nội dung trên.",
    }
    return PledgeText(**(values | changes))


def sheet(**changes: Any) -> PledgeSheet:
    values: dict[str, Any] = {
        "text": text(),
        "version": "Phiên bản 1, tiếng Việt",
        "full_name": "Nguyễn Thị Hoài Thương",
        "stage_name": "Thương Đất Tổ",
        "kind": "KOL",
        "organisation": "Công ty TNHH Truyền thông Đất Tổ",
        "commune": "phường Việt Trì",
        "province": "tỉnh Phú Thọ",
        "channels": (
            ChannelLine(
                platform="Facebook",
                name="Phú Thọ 24h",
                url="https://www.facebook.com/phutho24h",
                role="chủ sở hữu",
            ),
            ChannelLine(platform="TikTok", name="Đất Tổ kể chuyện", url="https://www.tiktok.com/@datto"),
        ),
        "ticked": changes.get("text", text()).binding("kol", runs_pages=False),
        "place": "Phú Thọ",
        "signed_at": SIGNED_AT,
        "consented_at": SIGNED_AT,
        "keep_until": date(2028, 9, 10),
        "proofs": (ProofLine(words="mã dùng một lần gửi đến địa chỉ email n***@example.com", at=SIGNED_AT),),
        "signature_svg": drawn(),
        "reference": "7K3M-Q9TD-4XZA",
        "unit": "Phòng An ninh mạng và phòng, chống tội phạm sử dụng công nghệ cao",
        "verify_url": "https://kolportal.example/v/7K3MQ9TD4XZA/",
        "seal_subject": "Dấu điện tử – BẢN THỬ NGHIỆM / TEST",
        "seal_fingerprint": "0123456789abcdef" * 4,
        "seal_is_test": True,
        "evidence": b'{"reference":"7K3MQ9TD4XZA"}',
    }
    return PledgeSheet(**(values | changes))
