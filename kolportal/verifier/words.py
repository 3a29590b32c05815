"""Every sentence that ``kolportal-verify`` says, Vietnamese and English side by side."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from kolportal.pades.verification import Change, Readable, SubIndication
from kolportal.transparency import Problem
from kolportal.verifier.outcome import Answer


class Language(StrEnum):
    VI = "vi"
    EN = "en"


Words = Mapping[Language, str]


def both(vi: str, en: str) -> Words:
    """One sentence in both languages."""
    return {Language.VI: vi, Language.EN: en}


ANSWERS: Final[Mapping[Answer, Words]] = {
    Answer.WHOLE_AND_LOGGED: both(
        "Tài liệu này còn nguyên vẹn như khi được đóng dấu và đã được ghi vào sổ minh bạch.",
        "This document is whole, just as it was sealed, and it is entered in the public log.",
    ),
    Answer.UNREADABLE: both(
        "Tệp này không phải là tài liệu có thể kiểm tra được.",
        "This file is not a document that can be checked.",
    ),
    Answer.NO_SEAL: both(
        "Tài liệu này không có dấu điện tử; không thể biết ai đã lập ra nó.",
        "This document carries no electronic seal; nothing tells who made it.",
    ),
    Answer.BROKEN: both(
        "Dấu điện tử trên tài liệu này không còn đúng. Anh/chị vui lòng không dựa vào nội dung của tài liệu.",
        "The electronic seal on this document does not hold. Please do not rely on what it says.",
    ),
    Answer.CHANGED: both(
        "Tài liệu này đã bị thay đổi sau khi được đóng dấu. Anh/chị vui lòng không dựa vào những gì đang hiển thị.",
        "This document was changed after it was sealed. Please do not rely on what it shows.",
    ),
    Answer.NOT_A_CERTIFICATION: both(
        "Tài liệu này có chữ ký điện tử nhưng không phải là dấu chứng nhận toàn bộ tài liệu.",
        "This document carries an electronic signature, but not a seal that certifies the whole of it.",
    ),
    Answer.REVOKED: both(
        "Tài liệu này được đóng dấu bằng chứng thư đã bị thu hồi.",
        "This document is sealed with a certificate that has been revoked.",
    ),
    Answer.NOT_VALID_THEN: both(
        "Chứng thư đóng dấu chưa có hiệu lực vào lúc tài liệu được đóng dấu.",
        "The certificate of the seal was not yet valid when the document was sealed.",
    ),
    Answer.NOT_LOGGED: both(
        "Tài liệu này còn nguyên vẹn, nhưng bằng chứng kèm theo không cho thấy nó đã được ghi vào sổ minh bạch.",
        "This document is whole, but the proof given does not show that it is entered in the public log.",
    ),
    Answer.STRANGER: both(
        "Tài liệu này còn nguyên vẹn, nhưng không xác định được dấu điện tử là của ai: không phải của nơi mà anh/chị tin cậy.",
        "This document is whole, but whose seal it is cannot be told: not that of anybody you trust.",
    ),
    Answer.OUT_OF_DATE: both(
        "Tài liệu này còn nguyên vẹn, nhưng không chứng minh được nó được đóng dấu khi chứng thư còn hiệu lực.",
        "This document is whole, but it is not shown that it was sealed while the certificate was valid.",
    ),
    Answer.UNDECIDED: both(
        "Tài liệu này còn nguyên vẹn, nhưng không đủ căn cứ để kết luận về dấu điện tử.",
        "This document is whole, but there is not enough to decide about its seal.",
    ),
    Answer.REVOCATION_UNKNOWN: both(
        "Tài liệu này còn nguyên vẹn, nhưng không biết chứng thư đóng dấu có bị thu hồi hay không.",
        "This document is whole, but it is not known whether the certificate of its seal was revoked.",
    ),
    Answer.LOG_NOT_SHOWN: both(
        "Tài liệu này còn nguyên vẹn, nhưng chưa được chứng minh là đã ghi vào sổ minh bạch.",
        "This document is whole, but not shown to be entered in the public log.",
    ),
}

READABLE: Final[Mapping[Readable, Words]] = {
    Readable.YES: both("Đọc được.", "Readable."),
    Readable.NOT_A_PDF: both("Đây không phải là tệp PDF.", "This is not a PDF file."),
    Readable.EMPTY: both("Tệp trống.", "The file is empty."),
    Readable.ENCRYPTED: both("Tệp PDF bị mã hóa.", "The PDF is encrypted."),
    Readable.TOO_LARGE: both("Tệp quá lớn.", "The file is too large."),
    Readable.TOO_COMPLEX: both(
        "Cấu trúc tệp vượt quá giới hạn kiểm tra.",
        "The structure of the file is beyond the limits of this check.",
    ),
    Readable.DAMAGED: both("Tệp PDF bị hỏng.", "The PDF is damaged."),
    Readable.NO_SEAL: both("Không có dấu điện tử nào.", "There is no electronic seal."),
}

CHANGES: Final[Mapping[Change, Words]] = {
    Change.TIME_STAMP: both("dấu thời gian của tệp", "a time-stamp of the file"),
    Change.VALIDATION_DATA: both("dữ liệu để kiểm tra về sau", "data for checks later on"),
    Change.ANNOTATION: both("chú thích trên trang", "an annotation on a page"),
    Change.ANOTHER_SIGNATURE: both("một chữ ký khác", "another signature"),
    Change.ATTACHMENT: both("tệp đính kèm", "an attachment"),
    Change.BROKEN_TIME_STAMP: both("dấu thời gian không đúng", "a time-stamp that does not hold"),
    Change.CATALOG: both("cách tệp được mở", "how the file opens"),
    Change.CONTENT: both("nội dung của trang", "the content of a page"),
    Change.FORM_FIELD: both("ô điền trong biểu mẫu", "a form field"),
    Change.HIDDEN_BYTES: both("dữ liệu ẩn", "hidden data"),
    Change.METADATA: both("thông tin về tệp", "information about the file"),
    Change.NOT_UNDERSTOOD: both("thay đổi không xác định được", "a change that is not understood"),
    Change.PAGE_ADDED: both("thêm trang", "a page added"),
    Change.PAGE_REMOVED: both("bỏ bớt trang", "a page removed"),
    Change.PAGE_SIZE: both("khổ hoặc vùng hiển thị của trang", "the size or visible part of a page"),
    Change.SEAL_REMOVED: both("dấu điện tử bị gỡ hoặc bị thay", "the seal taken away or replaced"),
    Change.TRAILING_BYTES: both("dữ liệu nối vào cuối tệp", "data after the end of the file"),
}

PROBLEMS: Final[Mapping[Problem, Words]] = {
    Problem.PROOF_UNREADABLE: both("Tệp bằng chứng không đọc được.", "The proof file cannot be read."),
    Problem.CHECKPOINT_UNREADABLE: both(
        "Bản tóm tắt của sổ trong tệp bằng chứng không đọc được.",
        "The log's checkpoint in the proof cannot be read.",
    ),
    Problem.ENTRY_MISSING: both("Tệp bằng chứng không có mục ghi sổ.", "The proof does not hold the entry."),
    Problem.ENTRY_UNREADABLE: both("Mục ghi sổ không đọc được.", "The entry cannot be read."),
    Problem.ENTRY_OF_ANOTHER_KIND: both(
        "Mục ghi sổ không phải là về việc đóng dấu một tài liệu.",
        "The entry is not about the sealing of a document.",
    ),
    Problem.ANOTHER_FILE: both("Bằng chứng là của một tệp khác.", "The proof is that of another file."),
    Problem.ANOTHER_LOG: both("Bằng chứng là của một sổ khác.", "The proof is from another log."),
    Problem.LOG_SIGNATURE_MISSING: both("Sổ chưa ký bản tóm tắt.", "The log did not sign the checkpoint."),
    Problem.LOG_SIGNATURE_FORGED: both(
        "Chữ ký của sổ không đúng.", "The signature of the log does not hold."
    ),
    Problem.NOT_INCLUDED: both("Mục này không có trong sổ.", "The entry is not in the log."),
    Problem.COSIGNATURE_FORGED: both(
        "Chữ ký của bên chứng kiến không đúng.", "A witness's signature does not hold."
    ),
    Problem.COSIGNATURES_TOO_FEW: both(
        "Không đủ bên chứng kiến xác nhận.", "Fewer witnesses cosigned than you ask for."
    ),
}

REASONS: Final[Mapping[str | None, Words]] = {
    None: both("không nêu lý do", "no reason given"),
    "key_compromise": both("khóa bị lộ", "the key was compromised"),
    "ca_compromise": both("khóa của nơi cấp bị lộ", "the issuer's key was compromised"),
    "affiliation_changed": both("chủ chứng thư đổi tổ chức", "its owner belongs elsewhere now"),
    "superseded": both("được thay bằng chứng thư khác", "replaced by another certificate"),
    "cessation_of_operation": both("không còn sử dụng", "no longer in use"),
    "certificate_hold": both("tạm thời bị đình chỉ", "suspended for a time"),
    "privilege_withdrawn": both("quyền sử dụng bị rút lại", "the right to use it was withdrawn"),
    "aa_compromise": both("khóa của nơi cấp quyền bị lộ", "the attribute authority's key was compromised"),
}
"""Why a certificate was revoked: the reasons of RFC 5280 clause 5.3.1, None for those that say nothing."""

FAULTS: Final[Mapping[SubIndication | None, Words]] = {
    None: both("dấu không đúng quy cách", "the seal is not of the right form"),
    SubIndication.HASH_FAILURE: both("nội dung đã bị sửa", "what was sealed has been altered"),
    SubIndication.SIG_CRYPTO_FAILURE: both(
        "chữ ký trong dấu không phải do chứng thư này tạo ra",
        "the signature was not made with this certificate",
    ),
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND: both(
        "dấu không kèm chứng thư của mình", "the seal does not bring its own certificate"
    ),
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: both(
        "dấu dùng thuật toán không đủ an toàn", "the seal uses an algorithm that is not safe enough"
    ),
}

HEADINGS: Final = {
    "content": both("Nội dung", "Content"),
    "sealer": both("Ai đóng dấu", "Who sealed it"),
    "revocation": both("Thu hồi chứng thư", "Revocation"),
    "time": both("Thời gian", "Time"),
    "level": both("Mức của dấu", "Level"),
    "log": both("Sổ minh bạch", "Public log"),
    "pdfa": both("Định dạng lưu trữ", "Archive format"),
}

SAYS: Final = {
    "file": both("Tệp: {name}", "File: {name}"),
    "sha256": both("SHA-256: {sha256}", "SHA-256: {sha256}"),
    "at": both("Kiểm tra tại thời điểm: {at}", "Checked as of: {at}"),
    "intact": both("Đúng từng byte như khi đóng dấu.", "Unchanged to the byte since it was sealed."),
    "intact-then": both(
        "Phần đã đóng dấu còn đúng từng byte. Thêm sau đó, không làm đổi nội dung: {changes}.",
        "The sealed part is unchanged to the byte. Added since, without changing what it says: {changes}.",
    ),
    "changed": both("Đã thay đổi sau khi đóng dấu: {changes}.", "Changed after it was sealed: {changes}."),
    "broken": both("Không khớp với dấu điện tử: {detail}.", "Does not agree with the seal: {detail}."),
    "sealer": both("{name}, chứng thư do {issuer} cấp.", "{name}, by a certificate of {issuer}."),
    "sealer-self": both(
        "Chứng thư tự xưng là: {name}, do {issuer} cấp. Không nơi nào anh/chị tin cậy xác nhận điều đó.",
        "The certificate calls itself {name}, issued by {issuer}. Nobody you trust confirms that.",
    ),
    "trusted": both("Được xác nhận bởi gốc tin cậy: {root}.", "Confirmed by the trusted root {root}."),
    "test": both(
        "CHÚ Ý: đây là chứng thư THỬ NGHIỆM, không có giá trị thật.",
        "NOTE: this is a TEST certificate, without any real value.",
    ),
    "certificate": both(
        "Mã SHA-256 của chứng thư: {fingerprint}", "SHA-256 of the certificate: {fingerprint}"
    ),
    "good": both("Không bị thu hồi, theo dữ liệu từ {since}.", "Not revoked, by data of {since}."),
    "revoked": both("Đã bị thu hồi lúc {at} (lý do: {reason}).", "Revoked at {at} (reason: {reason})."),
    "revocation-unknown": both(
        "Không biết: trong tệp và trong danh sách tin cậy không có dữ liệu còn phù hợp.",
        "Not known: neither the file nor your keys hold data that would tell.",
    ),
    "claimed": both("Bên đóng dấu tự ghi: {at}.", "The sealer says: {at}."),
    "proven": both(
        "Được chứng minh: có trước {at}, theo dấu thời gian của {authority}.",
        "Proven: existed before {at}, by a time-stamp of {authority}.",
    ),
    "not-proven": both(
        "Không có thời điểm nào được bên thứ ba chứng minh.", "No time is proven by a third party."
    ),
    "bad-stamp": both(
        "Có một dấu thời gian ({authority}) nhưng không được tính: không đúng hoặc không đáng tin cậy.",
        "There is a time-stamp ({authority}) that does not count: it does not hold, or nobody you trust made it.",
    ),
    "level": both("PAdES {level}.", "PAdES {level}."),
    "no-level": both("Không đạt mức nào.", "No level is reached."),
    "pdfa": both("Tự nhận là PDF/A-{claim}.", "Claims to be PDF/A-{claim}."),
    "no-pdfa": both("Không tự nhận là PDF/A.", "Does not claim to be PDF/A."),
    "logged": both(
        "Đã ghi: mục số {index} của sổ {origin}, {count} bên chứng kiến xác nhận.",
        "Entered: entry {index} of the log {origin}, confirmed by {count} witnesses.",
    ),
    "no-proof": both(
        "Không biết: anh/chị chưa đưa tệp bằng chứng (.tlog-proof).",
        "Not known: no proof file (.tlog-proof) was given.",
    ),
    "no-log": both(
        "Không biết: tệp khóa tin cậy không nêu sổ nào.", "Not known: your file of trusted keys names no log."
    ),
    "unjudged": both("Không xét, vì lý do nêu trên.", "Not judged, for the reason above."),
}

LIMITS: Final = {
    "content": both(
        "Không cho biết nội dung có đúng sự thật hay không.", "Does not tell whether what it says is true."
    ),
    "sealer": both(
        "Dấu là của đơn vị phát hành, không phải chữ ký của người có tên trong tài liệu.",
        "The seal is that of the office that issued it, not the signature of the person named in it.",
    ),
    "revocation": both(
        "Không cho biết những gì xảy ra sau thời điểm của dữ liệu.",
        "Does not tell what happened after those data.",
    ),
    "time": both(
        "Thời điểm bên đóng dấu tự ghi không chứng minh điều gì.",
        "What the sealer says about the time proves nothing.",
    ),
    "level": both(
        "Chỉ cho biết có thể kiểm tra lại trong bao lâu.", "Tells only for how long it can be checked again."
    ),
    "log": both(
        "Có trong sổ nghĩa là việc đóng dấu không thể bị giấu đi; không có nghĩa là nội dung đúng.",
        "Being in the log means that the sealing cannot be hidden; not that what it says is true.",
    ),
    "pdfa": both("Tệp tự nhận như vậy, chưa được kiểm tra.", "Only a claim, not checked here."),
}
