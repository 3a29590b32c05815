"""The command in front of a person: words, exit codes, mistakes, and names that try to deceive a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from asn1crypto.crl import CRLReason
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kolportal import pades
from kolportal.pades.verification import Change, Readable
from kolportal.pades.verification.document import MAX_BYTES
from kolportal.transparency import Problem
from kolportal.verifier import command, mistakes, words
from kolportal.verifier.outcome import Answer
from kolportal.verifier.showing import shown
from kolportal.verifier.trusted import KeysFault
from kolportal.verifier.words import Language
from tests.vectors import make
from tests.vectors.corpus import by_name, names
from tests.vectors.sealing import AT, base

KEYS = str(make.FOLDER / "trusted.json")
TABLE = str(make.FOLDER / "expected.json")
FILE = str(make.FILES / "level-b-b")
WHEN = ["--at", AT.isoformat()]


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = command.main([*arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def files(name: str) -> list[str]:
    path = make.FILES / name
    return [f"{path}.pdf", *([f"{path}.tlog-proof"] if by_name()[name].proof is not None else [])]


@pytest.mark.parametrize(
    ("name", "code", "vietnamese", "english"),
    [
        ("log-good", 0, "đã được ghi vào sổ minh bạch", "is entered in the public log"),
        ("level-b-lta", 2, "chưa được chứng minh là đã ghi vào sổ minh bạch", "not shown to be entered"),
        ("level-b-b", 2, "chưa được chứng minh là đã ghi vào sổ minh bạch", "not shown to be entered"),
        ("foreign-ca", 2, "không xác định được dấu điện tử là của ai", "whose seal it is cannot be told"),
        ("page-added", 1, "đã bị thay đổi sau khi được đóng dấu", "was changed after it was sealed"),
        ("flipped-byte", 1, "không còn đúng", "does not hold"),
        ("log-another-file", 1, "không cho thấy nó đã được ghi", "does not show that it is entered"),
        ("revoked", 1, "đã bị thu hồi", "has been revoked"),
        ("unsealed", 1, "không có dấu điện tử", "carries no electronic seal"),
        ("jpeg", 1, "không phải là tài liệu có thể kiểm tra", "not a document that can be checked"),
    ],
)
def test_the_first_sentence_says_it_in_both_languages(
    name: str, code: int, vietnamese: str, english: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for language, expected in (("vi", vietnamese), ("en", english)):
        found, out, err = run(*files(name), "--keys", KEYS, "--lang", language, *WHEN, capsys=capsys)
        first = " ".join(out.split("\n\n")[0].split("\n"))
        assert (found, err) == (code, "")
        assert expected in first


@pytest.mark.parametrize("name", names()[::4])
def test_text_fits_a_terminal(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for language in Language:
        _, out, _ = run(*files(name), "--keys", KEYS, "--lang", language, *WHEN, capsys=capsys)
        assert max(map(len, out.splitlines())) <= 80
        assert "{" not in out


def test_each_verdict_says_what_it_does_not_prove(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(*files("log-good"), "--keys", KEYS, "--lang", "en", *WHEN, capsys=capsys)
    for said in (
        "Does not tell whether what it says is true",
        "not the signature of the person named",
        "What the sealer says about the time proves nothing",
        "Only a claim",
        "TEST certificate",
    ):
        assert said in " ".join(out.split())


def test_times_are_those_of_vietnam_with_their_offset(capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--at", "2026-12-01T17:00:00+00:00"]
    _, out, _ = run(*files("level-b-lta"), "--keys", KEYS, *at, capsys=capsys)
    assert "Kiểm tra tại thời điểm: 02/12/2026 00:00:00 (+07:00)" in out
    assert "UTC" not in out


def test_why_a_certificate_was_revoked_is_said_in_the_language_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for language, expected in (("vi", "(lý do: khóa bị lộ)"), ("en", "(reason: the key was compromised)")):
        _, out, _ = run(*files("revoked"), "--keys", KEYS, "--lang", language, *WHEN, capsys=capsys)
        assert expected in " ".join(out.split())


def test_every_reason_of_the_standard_has_words() -> None:
    silent = {"unspecified", "remove_from_crl"}
    assert set(words.REASONS) == {None, *CRLReason._map.values()} - silent


def test_every_word_exists_in_both_languages() -> None:
    for table, members in (
        (words.ANSWERS, Answer),
        (words.READABLE, Readable),
        (words.CHANGES, Change),
        (words.PROBLEMS, Problem),
        (mistakes.BAD_KEYS, KeysFault),
    ):
        assert set(table) == set(members)
        for said in table.values():
            assert said[Language.VI] != said[Language.EN] or not said[Language.VI]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing.pdf"],
        ["nothing.pdf", "--keys", KEYS],
        [str(make.FILES / "level-b-b.pdf"), "--keys", KEYS, "--lang", "fr"],
        [str(make.FILES / "level-b-b.pdf"), "--keys", KEYS, "--at", "2026-10-01T00:00:00"],
        [str(make.FILES / "level-b-b.pdf"), "--keys", KEYS, "--at", "soon"],
        [str(make.FILES / "level-b-b.pdf"), "--keys", str(make.FILES / "level-b-b.pdf")],
        [str(make.FILES), "--keys", KEYS],
        ["--unknown"],
    ],
)
def test_wrong_use_is_64_and_says_so(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(*arguments, capsys=capsys)
    assert (code, out) == (64, "")
    assert "kolportal-verify" in err


@pytest.mark.parametrize(
    ("arguments", "vietnamese", "english"),
    [
        (["nothing.pdf"], "Lệnh chưa đúng. Vui lòng viết", "not how the command is used. Please"),
        (["no\x1b.pdf", "--keys", KEYS], "Không tìm thấy tệp no\ufffd.pdf. Vui lòng", "no file no\ufffd.pdf. Please"),
        ([str(make.FILES), "--keys", KEYS], "là một thư mục. Vui lòng", "is a folder. Please"),
        (["no.pdf", "--keys", f"{FILE}.pdf"], "không phải là JSON, hoặc bị hỏng. Vui lòng", "is not JSON, or damaged"),
        (["no.pdf", "--keys", TABLE], "không phải là tệp khóa tin cậy", "is not a file of trusted keys"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_the_language_asked_for_with_the_detail_in_brackets(
    arguments: list[str], vietnamese: str, english: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for language, expected in (("vi", vietnamese), ("en", english)):
        code, _, err = run(*arguments, "--lang", language, capsys=capsys)
        said, bracket, detail = err.split("\n")[0].partition(" (")
        assert code == 64
        assert expected in said
        assert bracket
        assert detail.isascii()
        assert detail.endswith(")")


def test_json_is_ascii_and_as_documented(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(*files("log-good"), "--keys", KEYS, "--json", *WHEN, capsys=capsys)
    assert out.isascii()
    said = json.loads(out)
    assert set(said) == {"format", "answers", "exit", "file", "log", "seal"}
    assert (said["format"], said["exit"], said["answers"]) == (
        command.JSON_FORMAT,
        code,
        ["whole-and-logged"],
    )
    assert said["log"]["logged"] is True
    assert said["seal"]["level"] == "B-LTA"
    documented = (make.FOLDER.parents[1] / "docs/verifier.md").read_text(encoding="utf-8")
    for name in {*said, *said["seal"], *said["log"], *said["seal"]["time"], *said["seal"]["chain"]}:
        assert f"`{name}`" in documented, name


HOSTILE = "Sở \x1b[2J\x1b]0;x\x07\u202eTRUSTED\u2066\u200b\r\nnguyên vẹn"


def test_a_file_too_large_is_given_no_digest_of_its_beginning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    large = tmp_path / "large.pdf"
    with large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    code, out, _ = run(str(large), "--keys", KEYS, "--json", capsys=capsys)
    assert (code, json.loads(out)["file"]) == (1, {"sha256": None, "size": None})
    code, out, _ = run(str(large), "--keys", KEYS, capsys=capsys)
    assert code == 1
    assert "SHA-256" not in out


def test_a_time_that_is_none_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = run(f"{FILE}.pdf", "--keys", KEYS, "--at", "soon", capsys=capsys)
    assert "not a time, such as 2026-10-01T00:00:00Z" in err


def test_hostile_names_reach_the_terminal_harmless(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = ec.derive_private_key(7, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOSTILE)])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(AT.replace(year=2025)).not_valid_after(AT.replace(year=2030)).sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    sealing = pades.load_pem(
        key_pem=key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        certificate_pem=certificate.public_bytes(pem),
    )
    path = tmp_path / "a\x1b[31m\u202efdp.pdf"
    path.write_bytes(pades.seal(base(), key=sealing, at=AT).data)
    for language in Language:
        code, out, _ = run(str(path), "--keys", KEYS, "--lang", language, *WHEN, capsys=capsys)
        assert code == 2
        assert "Sở" in out
        assert not {"\x1b", "\x07", "\r", "\u202e", "\u2066", "\u200b"} & set(out)
        assert not any(line.startswith("nguyên vẹn") for line in out.splitlines())


def test_what_is_shown_is_short_and_one_line() -> None:
    assert shown("a" * 1000) == "a" * 160 + "…"
    assert shown("một\nhai\u2028ba") == "một\ufffdhai\ufffdba"
    assert shown("Phu\u0301 Tho\u0323") == "Phú Thọ"


def test_the_log_is_not_judged_where_no_log_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys: dict[str, Any] = make.trusted_keys() | {"log": None}
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(keys), encoding="utf-8")
    code, out, _ = run(*files("log-good"), "--keys", str(path), "--lang", "en", *WHEN, capsys=capsys)
    assert code == 2
    assert "names no log" in " ".join(out.split())
