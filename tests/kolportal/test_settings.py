"""No half production: each missing variable stops the start, in its own words."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from email.header import decode_header, make_header
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage

from kolportal import checks
from kolportal.env import env_bool, env_int, env_secret, env_sender
from tests import production
from tests.servers import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


def _start(tmp_path: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Loads the WSGI application as gunicorn would, under production's environment with ``changes``."""
    environment = {**os.environ, **production.environment(), "KOLPORTAL_VAR": str(tmp_path), **changes}
    environment = {name: value for name, value in environment.items() if value}
    return subprocess.run(
        [sys.executable, "-c", "import kolportal.wsgi; print('started')"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def test_whole_production_starts(tmp_path: Path) -> None:
    result = _start(tmp_path)
    assert "started" in result.stdout, result.stderr


def test_every_missing_variable_is_named(tmp_path: Path) -> None:
    names = [
        "SECRET_KEY", "ALLOWED_HOSTS", "SITE_URL", "DATABASE_URL", "REDIS_URL",
        "EMAIL_HOST", "SEAL_KEY_PEM", "SEAL_CERTIFICATE_PEM",
    ]  # fmt: skip
    # An empty SECRET_KEY stops Django itself, before our checks.
    result = _start(tmp_path, **{**dict.fromkeys(names, ""), "SECRET_KEY": "short"})
    assert result.returncode != 0
    assert "started" not in result.stdout
    assert [name for name in names if name not in result.stderr] == []


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES:UserWarning")  # nothing connects here
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", "short"),
        ("ALLOWED_HOSTS", []),
        ("ALLOWED_HOSTS", ["*"]),
        ("SITE_URL", "http://plain.example.com"),
        ("DATABASE_URL", ""),
        ("REDIS_URL", ""),
        ("HTTPS_ONLY", False),
        ("EMAIL_HOST", ""),
        ("SEAL_KEY_PEM", ""),
        ("SEAL_CERTIFICATE_PEM", ""),
        ("TRUSTED_PROXY_COUNT", 0),
    ],
)
def test_each_missing_or_wrong_variable_is_named_by_itself(
    settings: Any, variable: str, value: object
) -> None:
    settings.DEBUG = False
    whole = {
        "SECRET_KEY": "x" * 50, "ALLOWED_HOSTS": ["a.example.com"], "SITE_URL": "https://a.example.com",
        "DATABASE_URL": "postgres://a", "REDIS_URL": "redis://a", "HTTPS_ONLY": True, "EMAIL_HOST": "mail.example.com",
        "TRUSTED_PROXY_COUNT": 1,
        "SEAL_KEY_PEM": "key", "SEAL_CERTIFICATE_PEM": "certificate",
        "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}},
    }  # fmt: skip
    for name, good in whole.items():
        setattr(settings, name, good)
    assert checks.whole_production() == []
    setattr(settings, variable, value)
    (error,) = checks.whole_production()
    assert error.msg.startswith(variable)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: env_bool("X", default=True), "perhaps"),
        (lambda: env_int("X", default=1), "many"),
        (lambda: env_int("X", default=1, minimum=1), "0"),
        (lambda: env_int("X", default=1), "-1"),
    ],
)
def test_a_value_of_the_wrong_kind_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], object], value: str
) -> None:
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured, match=f"X must be .*{value}"):
        read()


def test_secrets_come_from_a_file_or_the_variable_but_not_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden\n")
    monkeypatch.setenv("X_FILE", str(secret))
    assert env_secret("X") == "hidden"
    monkeypatch.setenv("X", "open")
    with pytest.raises(ImproperlyConfigured, match="not both"):
        env_secret("X")
    monkeypatch.delenv("X")
    monkeypatch.setenv("X_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match="X_FILE"):
        env_secret("X")


def test_the_test_key_is_refused(tmp_path: Path) -> None:
    from django.utils import timezone

    from kolportal import pades

    files = pades.make_test_pki(tmp_path, at=timezone.now())
    result = _start(
        tmp_path,
        SEAL_KEY_PEM="", SEAL_CERTIFICATE_PEM="",
        SEAL_KEY_PEM_FILE=str(files.key_path), SEAL_CERTIFICATE_PEM_FILE=str(files.cert_path),
    )  # fmt: skip
    assert result.returncode != 0
    assert "test certificate" in result.stderr


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    from django.utils import timezone

    from kolportal import pades

    files = pades.make_test_pki(tmp_path, at=timezone.now())
    result = _start(tmp_path, SEAL_KEY_PEM="", SEAL_KEY_PEM_FILE=str(files.key_path))
    assert result.returncode != 0
    assert "does not belong" in result.stderr


@pytest.mark.parametrize("hosts", [["cam-ket.example.com"], ["localhost", "192.168.1.5"], ["*"]])
def test_debug_is_for_this_machine_alone(settings: Any, hosts: list[str]) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS = True, ["localhost", "127.0.0.1", "[::1]"]
    assert checks.debug_is_local() == []
    settings.ALLOWED_HOSTS = hosts
    (error,) = checks.debug_is_local()
    assert error.msg.startswith("DEBUG")


@pytest.mark.parametrize(
    ("given", "sender"),
    [
        ("", '"Không gian số, an toàn" <no-reply@example.com>'),
        ("gui@example.org", '"Không gian số, an toàn" <gui@example.org>'),
        ("Ban Tổ chức <gui@example.org>", "Ban Tổ chức <gui@example.org>"),
    ],
)
def test_sender_bears_the_name_of_the_programme_unless_another_is_given(
    monkeypatch: pytest.MonkeyPatch, given: str, sender: str
) -> None:
    monkeypatch.setenv("DEFAULT_FROM_EMAIL", given)
    made = env_sender("DEFAULT_FROM_EMAIL", default="no-reply@example.com", display="Không gian số, an toàn")
    assert made == sender


def test_mail_comes_from_the_programme() -> None:
    header = EmailMessage(subject="x", body="x", to=["lan@example.com"]).message()["From"]
    encoded, address = parseaddr(header)
    name = str(make_header(decode_header(encoded)))
    assert (name, address) == (configured.PROGRAMME_NAME, parseaddr(configured.DEFAULT_FROM_EMAIL)[1])
