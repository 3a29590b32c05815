"""The one settings file, read top to bottom. Every knob comes from the environment (see README, "Configuration").

Without any variable this is the *embedded default*: DEBUG on, SQLite, kombu's filesystem broker, a test sealing key,
everything under ``var/``. ``kolportal.checks`` refuses a start that is neither that nor a whole production.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from kolportal.env import env_bool, env_int, env_list, env_path, env_secret, env_sender, env_str

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = env_path("KOLPORTAL_VAR", default=BASE_DIR / "var")
VAR_DIR.mkdir(parents=True, exist_ok=True)

# --- Mode -------------------------------------------------------------------------------------------------------------

DEBUG = env_bool("DEBUG", default=True)


def _embedded_secret_key() -> str:
    """A random key kept under var/, so that a restart does not log everybody out. Never used with DEBUG off."""
    path = VAR_DIR / "secret-key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text()


SECRET_KEY = env_secret("SECRET_KEY") or (_embedded_secret_key() if DEBUG else "")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", default=("localhost", "127.0.0.1", "[::1]") if DEBUG else ())
SITE_URL = env_str("SITE_URL", "http://localhost:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
# How many reverse proxies stand in front; the client address is that many entries from the end of X-Forwarded-For.
TRUSTED_PROXY_COUNT = env_int("TRUSTED_PROXY_COUNT", default=0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT

# --- The province and the organiser: another province replaces these -----------------------------------------------------

PROVINCE_CODE = env_str("PROVINCE_CODE", "25")
PROVINCE_NAME = env_str("PROVINCE_NAME", "Phú Thọ")
# As an address on paper names it, with its kind.
PROVINCE_LABEL = env_str("PROVINCE_LABEL", f"tỉnh {PROVINCE_NAME}")
COMMUNES_FILE = env_path("COMMUNES_FILE", default=BASE_DIR / "kolportal/people/data/communes-phu-tho.csv")
PROGRAMME_NAME = env_str("PROGRAMME_NAME", "Không gian số Phú Thọ văn minh, an toàn")
# Numbers of the laws that give people their rights over their data; titles come from the legal references in the admin.
DATA_PROTECTION_LAWS = env_list("DATA_PROTECTION_LAWS", default=("91/2025/QH15",))
CONTACT_EMAIL = env_str("CONTACT_EMAIL", "lien-he@example.com")
CONTACT_PHONE = env_str("CONTACT_PHONE")

# --- Applications -------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "csp",
    "kolportal.work",
    "kolportal.mail",
    "kolportal.audit",
    "kolportal.ledger",
    "kolportal.accounts",
    "kolportal.people",
    "kolportal.units",
    "events",
    "pledges",
    "kolportal.privacy",
    "kolportal.desk",
    "kolportal",
]

MIDDLEWARE = [
    "kolportal.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "kolportal.middleware.PrivatePagesMiddleware",
    "kolportal.middleware.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "kolportal.middleware.AdminAwarePolicyMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "kolportal.middleware.OwnNotFoundPageMiddleware",
]

ROOT_URLCONF = "kolportal.urls"
WSGI_APPLICATION = "kolportal.wsgi.application"
FORM_RENDERER = "kolportal.frame.renderer.SiteRenderer"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "kolportal.context_processors.site",
            ],
        },
    },
]

# --- Database: DATABASE_URL, else SQLite ----------------------------------------------------------------------------------

DATABASE_URL = env_secret("DATABASE_URL")
if DATABASE_URL:
    DATABASES: dict[str, Any] = {
        "default": dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR_DIR / "kolportal.sqlite3",
            # IMMEDIATE: a transaction takes the write lock when it begins, so read-then-write cannot deadlock or go stale.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                # recursive_triggers: INSERT OR REPLACE removes the row in its way, and only so the rules of the tables hear of it.
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;"
                ),
            },
            "TEST": {"NAME": VAR_DIR / "test.sqlite3"},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Cache, sessions, broker: REDIS_URL, else local -------------------------------------------------------------------------

REDIS_URL = env_secret("REDIS_URL")
# With kombu's defaults a signer would wait 6 to 9 seconds for a Redis that is down; the pending row needs no message.
REDIS_BROKER_OPTIONS: dict[str, Any] = {
    "visibility_timeout": 600,
    "socket_connect_timeout": 1,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
if REDIS_URL:
    CACHES: dict[str, Any] = {
        "default": {
            "BACKEND": "kolportal.redis_cache.KeepingRedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "kolportal",
        }
    }
    SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = REDIS_BROKER_OPTIONS
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    SESSION_ENGINE = "django.contrib.sessions.backends.db"
    CELERY_BROKER_URL = "filesystem://localhost"  # the host means nothing; kombu warns where none is named
    _broker = VAR_DIR / "broker"
    for _folder in ("queue", "processed", "control"):
        (_broker / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        # kombu moves messages inside one folder that writer and reader share.
        "data_folder_in": str(_broker / "queue"),
        "data_folder_out": str(_broker / "queue"),
        "processed_folder": str(_broker / "processed"),
        "control_folder": str(_broker / "control"),
        "store_processed": False,
    }

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# WeasyPrint may grow in a process that renders for days (WeasyPrint issue 2130).
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A broker that is down must cost a signer nothing: one short try, then the sweep takes over.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    # A message that waited is of no use: the next one finds the same rows.
    "do what is due": {"task": "kolportal.work.sweep", "schedule": 15.0, "options": {"expires": 15.0}},
    "give log entries their indices": {
        "task": "kolportal.ledger.sequence",
        "schedule": 15.0,
        "options": {"expires": 15.0},
    },
    "remove what is over": {"task": "kolportal.privacy.remove_what_is_over", "schedule": 3600.0},
}

# --- People ---------------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "my_page"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "kolportal.desk.adapter.SiteAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
# No password at sign-up: the e-mail code is enough on a phone; a password can be set later on "My page".
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
# Mail may be slow: ten minutes, as kolportal.accounts.confirmation gives to its codes (whose form the adapter gives to all).
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 600
# A new code can be asked for on the page itself. (Changing the address there would tell known addresses from new ones.)
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_FORMS = {
    # Without this, allauth drops the password from the log-in page because sign-up asks for none.
    "login": "kolportal.accounts.login.PasswordLoginForm",
    "confirm_login_code": "kolportal.accounts.login.LoginCodeForm",
    "confirm_email_verification_code": "kolportal.accounts.login.EmailCodeForm",
    "confirm_password_reset_code": "kolportal.accounts.login.PasswordCodeForm",
}
# One e-mail address per account; a new one takes over once it is confirmed.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# Who owns the account hears of a change of password or address from kolportal.accounts.notices, in the change's transaction.
ACCOUNT_EMAIL_NOTIFICATIONS = False
# A hall of 100 phones shares one address: the limits per address are wide, those per account or key are narrow.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": "300/m/ip,5/5m/key",
    "signup": "300/m/ip",
    "request_login_code": "300/m/ip,5/5m/key",
    "confirm_email": "1/10s/key",
    "reset_password": "100/m/ip,5/5m/key",
    "reset_password_from_key": "300/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
}
# Ours, read by kolportal.limits; same notation as allauth's.
RATE_LIMITS = {
    "verify": "60/m/ip",
    "confirmation_code": "5/10m/user",
    "sign": "20/m/user",
}

# --- Language and time: Vietnamese first, UTC inside -----------------------------------------------------------------------

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "kolportal/locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["kolportal.formats"]
# Unfold's date filters read these two and not the language's formats; they must agree with kolportal/formats.
DATE_INPUT_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d"]
DATETIME_INPUT_FORMATS = [
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M",
]  # fmt: skip

# --- Files ------------------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = env_path("STATIC_ROOT", default=VAR_DIR / "static")
STATICFILES_DIRS: list[Any] = [
    BASE_DIR / "static",
    ("vendor/bootstrap", BASE_DIR / "node_modules/bootstrap/dist"),
    ("vendor/signature_pad", BASE_DIR / "node_modules/signature_pad/dist"),
    ("vendor/be-vietnam-pro", BASE_DIR / "node_modules/@fontsource/be-vietnam-pro/files"),
]
STATICFILES_FINDERS = [
    "kolportal.staticfiles.UsedFilesFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "media/"
DOCUMENTS_BUCKET = env_str("DOCUMENTS_S3_BUCKET")
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "documents": (
        {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": DOCUMENTS_BUCKET,
                "endpoint_url": env_str("DOCUMENTS_S3_ENDPOINT") or None,
                "access_key": env_secret("DOCUMENTS_S3_ACCESS_KEY") or None,
                "secret_key": env_secret("DOCUMENTS_S3_SECRET_KEY") or None,
                "default_acl": None,
                "file_overwrite": True,
            },
        }
        if DOCUMENTS_BUCKET
        else {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": VAR_DIR / "documents",
                "file_permissions_mode": 0o440,
                "directory_permissions_mode": 0o750,
            },
        }
    ),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# The largest honest signing form (strokes) is far below this.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# --- Sealing ------------------------------------------------------------------------------------------------------------------

SEAL_KEY_PEM = env_secret("SEAL_KEY_PEM")
SEAL_CERTIFICATE_PEM = env_secret("SEAL_CERTIFICATE_PEM")
SEAL_KEY_PASSPHRASE = env_secret("SEAL_KEY_PASSPHRASE")
# Instead of a PEM text: a PKCS#12 file, or a key that never leaves its device.
SEAL_PKCS12_FILE = env_str("SEAL_PKCS12_FILE")
SEAL_PKCS11_MODULE = env_str("SEAL_PKCS11_MODULE")
SEAL_PKCS11_TOKEN = env_str("SEAL_PKCS11_TOKEN")
SEAL_PKCS11_KEY = env_str("SEAL_PKCS11_KEY")
SEAL_PKCS11_PIN = env_secret("SEAL_PKCS11_PIN")
# Without a key of its own the embedded default makes a marked test key; a production never does.
SEAL_TEST_KEY_ALLOWED = DEBUG
SEAL_TEST_KEY_DIR = VAR_DIR / "keys"
SEAL_LEASE_SECONDS = env_int("SEAL_LEASE_SECONDS", default=180, minimum=1)
SEAL_MAX_ATTEMPTS = env_int("SEAL_MAX_ATTEMPTS", default=8, minimum=1)
# IP address and user agent are kept as evidence of a signing for this long, then erased.
EVIDENCE_RETENTION_DAYS = env_int("EVIDENCE_RETENTION_DAYS", default=365, minimum=1)
# How long a pledge's personal data is kept after the end of the programme; part of the consent sentence.
DATA_RETENTION_MONTHS = env_int("DATA_RETENTION_MONTHS", default=24, minimum=1)
# Whatever the pledge's end, particulars are kept no longer than this after the signing.
DATA_RETENTION_MONTHS_AT_MOST = env_int("DATA_RETENTION_MONTHS_AT_MOST", default=60, minimum=1)
# The words of a message that was sent; who was told what, when, stays.
MAIL_KEPT_DAYS = env_int("MAIL_KEPT_DAYS", default=30, minimum=1)

# --- Mail -----------------------------------------------------------------------------------------------------------------------

EMAIL_HOST = env_str("EMAIL_HOST")
EMAIL_PORT = env_int("EMAIL_PORT", default=587, minimum=1)
EMAIL_HOST_USER = env_str("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env_secret("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS", default=EMAIL_PORT == 587)
EMAIL_USE_SSL = env_bool("EMAIL_USE_SSL", default=EMAIL_PORT == 465)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env_sender("DEFAULT_FROM_EMAIL", default="no-reply@example.com", display=PROGRAMME_NAME)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
MAILBOX_DIR = VAR_DIR / "mailbox"
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else "kolportal.mailbox.MailboxBackend"
)

# --- Browser security ---------------------------------------------------------------------------------------------------------------

HTTPS_ONLY = env_bool("HTTPS_ONLY", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", default=31_536_000) if HTTPS_ONLY else 0
# Both bind every host under the domain, a preload for months; under a ministry's domain that is not ours to decide.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env_bool("HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env_bool("HSTS_PRELOAD", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS_ONLY
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS_ONLY
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "kolportal.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "font-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "manifest-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}

# --- Administration (django-unfold) ------------------------------------------------------------------------------------------------

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Administration"),
    "SITE_HEADER": _("Administration"),
    "SITE_SUBHEADER": PROGRAMME_NAME,
    "SITE_SYMBOL": "verified_user",
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    # Colours and the few mends of Unfold's look; an inline style would need 'unsafe-inline' (docs/adr).
    "STYLES": [lambda request: static("css/admin.css"), lambda request: static("css/admin-pledges.css")],
    "GLOBAL_CALLBACK": "kolportal.frame.site.context",
    "DASHBOARD_CALLBACK": "kolportal.desk.dashboard.context",
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "kolportal.frame.site.navigation",
    },
}

# --- Logs ----------------------------------------------------------------------------------------------------------------------------

LOG_FORMAT = env_str("LOG_FORMAT", "console" if DEBUG else "json")
LOG_LEVEL = env_str("LOG_LEVEL", "INFO")
LOGGING_CONFIG = "kolportal.logs.configure"
LOGGING = {"format": LOG_FORMAT, "level": LOG_LEVEL}

# HSTS for subdomains and preload: see above.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
