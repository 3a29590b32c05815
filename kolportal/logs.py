"""Structured logs: one event a line, with the request's id, without personal data.

Free text from third parties is kept to warnings and above, because it may quote addresses. ``LOG_FORMAT`` is ``console``
or ``json``.
"""

from __future__ import annotations

import logging.config
import re
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

# Values come from strangers too (a Host header, a path): they are cut first, and each pattern runs over a text once.
_LONGEST = 4_000
_WORD = re.compile(r"[^\s<>\"']+")
# A reference code (pledges.reference) as it stands in addresses or is read out; Django's own warnings quote the path.
_FOUR = "[0-9A-HJKMNP-TV-Z]{4}"
_REFERENCE = re.compile(rf"(?<![\w-]){_FOUR}(-?){_FOUR}\1{_FOUR}(?![\w-])")
_PHONE = re.compile(r"(?<![\w.-])(?:\+84|0)\d{9}(?!\w)")


def mask_personal_data(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Replaces e-mail addresses, Vietnamese phone numbers and reference codes in texts: the last net, not the rule."""
    for key, value in event.items():
        if isinstance(value, str):
            masked = _PHONE.sub("[phone]", _without_addresses(_cut(value)))
            event[key] = _REFERENCE.sub("[reference]", masked)
    return event


def _cut(value: str) -> str:
    """Beginning and end of a long text: of an exception, what it is stands at the end."""
    half = _LONGEST // 2
    return value if len(value) <= _LONGEST else f"{value[:half]} […] {value[-half:]}"


def _without_addresses(value: str) -> str:
    return _WORD.sub(_mask_address, value) if "@" in value else value


def _mask_address(found: re.Match[str]) -> str:
    word = found.group()
    local, _at, host = word.rpartition("@")
    return "[e-mail]" if local and "." in host else word


def configure(options: dict[str, Any]) -> None:
    """Django's ``LOGGING_CONFIG``: ``options`` has ``format`` and ``level``."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_personal_data,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if options["format"] == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            "loggers": {
                name: {"level": options["level"]}
                for name in ("kolportal", "events", "pledges", "gunicorn.error")
            },
        }
    )
