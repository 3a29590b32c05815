"""System checks: no half production. With DEBUG off every variable that production needs must be there.

They run at every management command, and ``refuse_half_production`` at the start of web and worker processes.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register, run_checks
from django.core.exceptions import ImproperlyConfigured

from kolportal import sealing_key

TAG = "kolportal"


def _missing() -> dict[str, str]:
    """Variable → why production needs it, for those that are absent or wrong."""
    postgres = settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql"
    needs: dict[str, tuple[bool, str]] = {
        "SECRET_KEY": (
            len(settings.SECRET_KEY) >= 50,
            "must be set to a random text of at least 50 characters",
        ),
        "ALLOWED_HOSTS": (
            bool(settings.ALLOWED_HOSTS) and "*" not in settings.ALLOWED_HOSTS,
            "must list the site's host names, without a wildcard",
        ),
        "SITE_URL": (
            settings.SITE_URL.startswith("https://"),
            "must be the site's public https:// address; it is printed in every PDF",
        ),
        "DATABASE_URL": (bool(settings.DATABASE_URL) and postgres, "must name a PostgreSQL database"),
        "REDIS_URL": (
            bool(settings.REDIS_URL),
            "must name a Redis server (append-only file on, policy noeviction)",
        ),
        "TRUSTED_PROXY_COUNT": (
            settings.TRUSTED_PROXY_COUNT >= 1,
            "must count the reverse proxies in front (one at least); without it all requests are redirected for ever",
        ),
        "HTTPS_ONLY": (
            settings.HTTPS_ONLY,
            "must not be switched off; sessions and signatures travel over HTTPS only",
        ),
        "EMAIL_HOST": (
            bool(settings.EMAIL_HOST),
            "must name an SMTP server; sign-in and confirmation codes go by e-mail",
        ),
        "SEAL_KEY_PEM": (
            bool(sealing_key.chosen()),
            "(or SEAL_KEY_PEM_FILE, SEAL_PKCS12_FILE, SEAL_PKCS11_MODULE) must hold the sealing key, not the test key",
        ),
        "SEAL_CERTIFICATE_PEM": (
            bool(settings.SEAL_CERTIFICATE_PEM or settings.SEAL_PKCS12_FILE or settings.SEAL_PKCS11_MODULE),
            "(or SEAL_CERTIFICATE_PEM_FILE) must hold the certificate of the sealing key",
        ),
        "SEAL_PKCS11_TOKEN": (
            bool(settings.SEAL_PKCS11_TOKEN or not settings.SEAL_PKCS11_MODULE),
            "must name the token that SEAL_PKCS11_MODULE finds",
        ),
        "SEAL_PKCS11_PIN": (
            bool(settings.SEAL_PKCS11_PIN or not settings.SEAL_PKCS11_MODULE),
            "(or SEAL_PKCS11_PIN_FILE) must hold the PIN of the token",
        ),
    }
    return {name: why for name, (present, why) in needs.items() if not present}


@register(TAG)
def whole_production(**_options: Any) -> list[CheckMessage]:
    """Names each variable that stands between this configuration and a whole production; nothing while DEBUG is on."""
    if settings.DEBUG:
        return []
    return [
        Error(f"{name} {why}.", id=f"kolportal.E{number:03d}")
        for number, (name, why) in enumerate(_missing().items(), 1)
    ]


@register(TAG)
def debug_is_local(**_options: Any) -> list[CheckMessage]:
    """With DEBUG on, the mailbox shows every code to everybody and errors show the settings: for this machine only."""
    # Django's test runner adds "testserver".
    local = {"localhost", "127.0.0.1", "[::1]", "testserver"}
    if not settings.DEBUG or set(settings.ALLOWED_HOSTS) <= local:
        return []
    return [
        Error("DEBUG must be off where ALLOWED_HOSTS names more than this machine.", id="kolportal.E301"),
    ]


@register(TAG)
def sealing_key_is_real(**_options: Any) -> list[CheckMessage]:
    """The key has one source; in production it must load, fit its certificate, be valid today, and not be a test's."""
    from django.utils import timezone

    from kolportal.pades import SealingError

    sources = sealing_key.chosen()
    if len(sources) > 1:
        return [
            Error(f"Set only one of {', '.join(sources)}: there is one sealing key.", id="kolportal.E103")
        ]
    if (
        settings.DEBUG
        or not sources
        or _missing().keys() & {"SEAL_CERTIFICATE_PEM", "SEAL_PKCS11_TOKEN", "SEAL_PKCS11_PIN"}
    ):
        return []
    named = "SEAL_KEY_PEM, SEAL_CERTIFICATE_PEM" if sources == ["SEAL_KEY_PEM"] else sources[0]
    try:
        key = sealing_key.current()
        key.check_valid_at(timezone.now())
    except SealingError as error:
        return [Error(f"{named}: {error}", id="kolportal.E101")]
    if key.is_test:
        return [Error(f"{named}: a test certificate; production needs a real one.", id="kolportal.E102")]
    return []


@register(TAG)
def fonts_are_installed(**_options: Any) -> list[CheckMessage]:
    """Without Tinos no document could be made; better said at the start than by the first signer's document."""
    from kolportal.paper import fonts

    if fonts.folder() is not None:
        return []
    return [
        Error("The fonts Tinos-*.ttf are not installed (Debian package fonts-croscore).", id="kolportal.E201")
    ]


def refuse_half_production() -> None:
    """Raises ``ImproperlyConfigured`` with every error, for processes that start without a management command."""
    errors = [check for check in run_checks(tags=[TAG]) if check.is_serious()]
    if errors:
        raise ImproperlyConfigured("\n".join(f"{error.id}: {error.msg}" for error in errors))
