"""No half production: each missing variable stops the start, in its own words."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import production

ROOT = Path(__file__).resolve().parents[2]


def _start(tmp_path: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Loads the WSGI application as gunicorn would, under production's environment with ``changes``."""
    environment = {**os.environ, **production.environment(), "KOLPORTAL_VAR": str(tmp_path), **changes}
    environment = {name: value for name, value in environment.items() if value}
    return subprocess.run(
        [sys.executable, "-c", "import kolportal.wsgi; print('started')"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_whole_production_starts(tmp_path: Path) -> None:
    result = _start(tmp_path)
    assert "started" in result.stdout, result.stderr


@pytest.mark.parametrize(
    "variable",
    [
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "SITE_URL",
        "DATABASE_URL",
        "REDIS_URL",
        "EMAIL_HOST",
        "SEAL_KEY_PEM",
        "SEAL_CERTIFICATE_PEM",
    ],
)
def test_missing_variable_is_named(tmp_path: Path, variable: str) -> None:
    result = _start(tmp_path, **{variable: "", f"{variable}_FILE": ""})
    assert result.returncode != 0
    assert variable in result.stderr
    assert "started" not in result.stdout


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALLOWED_HOSTS", "*"),
        ("SITE_URL", "http://plain.example.com"),
        ("DATABASE_URL", "sqlite:///x.sqlite3"),
        ("HTTPS_ONLY", "0"),
        ("DEBUG", "perhaps"),
        ("EMAIL_PORT", "many"),
        ("SEAL_MAX_ATTEMPTS", "0"),
    ],
)
def test_wrong_value_is_named(tmp_path: Path, variable: str, value: str) -> None:
    result = _start(tmp_path, **{variable: value})
    assert result.returncode != 0
    assert variable in result.stderr


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
