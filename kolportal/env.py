"""Settings from the environment. A wrong value stops the start and names the variable.

Secrets may also come from a file (``NAME_FILE=/run/secrets/name``), the way container platforms hand them over.
"""

from __future__ import annotations

import os
from email.utils import parseaddr
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def env_str(name: str, default: str = "") -> str:
    """The variable, stripped; ``default`` where it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, *, default: bool) -> bool:
    """``1/true/yes/on`` or ``0/false/no/off``; anything else raises ``ImproperlyConfigured``."""
    raw = env_str(name).lower()
    if not raw:
        return default
    if raw in _TRUE:
        return True
    if raw in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be one of 1, 0, true, false, yes, no, on, off; it is {raw!r}.")


def env_int(name: str, *, default: int, minimum: int = 0) -> int:
    """A whole number of at least ``minimum``; anything else raises ``ImproperlyConfigured``."""
    raw = env_str(name)
    if not raw:
        return default
    try:
        value = int(raw)
    except ValueError:
        value = minimum - 1
    if value < minimum:
        raise ImproperlyConfigured(f"{name} must be a whole number of at least {minimum}; it is {raw!r}.")
    return value


def env_sender(name: str, *, default: str, display: str) -> str:
    """A sender, ``"Name" <address>``; where the variable, or ``default``, is an address alone, ``display`` becomes its name."""
    raw = env_str(name, default)
    shown, address = parseaddr(raw)
    if shown or not address:
        return raw
    escaped = display.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{address}>'


def env_list(name: str, *, default: tuple[str, ...] = ()) -> list[str]:
    """A comma-separated list without empty entries."""
    raw = env_str(name)
    return [part.strip() for part in raw.split(",") if part.strip()] if raw else list(default)


def env_path(name: str, *, default: Path) -> Path:
    """An absolute path; relative values count from the working directory."""
    raw = env_str(name)
    return Path(raw).resolve() if raw else default


def env_secret(name: str) -> str:
    """The secret in ``NAME``, or in the file that ``NAME_FILE`` names; empty where neither is set.

    Raises ``ImproperlyConfigured`` (naming the variable, never the value) for an unreadable file or when both are set.
    """
    value, file_name = env_str(name), env_str(f"{name}_FILE")
    if value and file_name:
        raise ImproperlyConfigured(f"Set either {name} or {name}_FILE, not both.")
    if not file_name:
        return value
    try:
        return Path(file_name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"{name}_FILE names a file that cannot be read: {error.__class__.__name__}."
        ) from error
