"""Logs: one JSON object a line, of allow-listed fields only.

A field that is not in the list does not get out, so a secret needs two mistakes to be logged. JSON escapes line breaks
and control characters, so nobody can forge a line (log injection). Spec: OWASP ASVS 5.0 V16.
"""

from __future__ import annotations

import logging
import re
import traceback
from types import TracebackType

import orjson

from idp.settings import Settings

FIELDS = ("error", "detail", "path", "reference")
MAX_DETAIL = 500

# A secret sent where a name or an address belongs would otherwise be quoted as the wrong name that it is.
_ISSUED = re.compile(r"\b(?:ac|rt|tx|se|br|cs)_[\w-]{20,}|\beyJ[\w-]{10,}\.[\w-]+")


class JsonLines(logging.Formatter):
    """Formats a record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name in FIELDS:
            value = getattr(record, name, None)
            if value:
                line[name] = _ISSUED.sub("[withheld]", str(value)[:MAX_DETAIL])
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["where"] = _places(record.exc_info[2])
        return orjson.dumps(line).decode()


def _places(trace: TracebackType | None) -> list[str]:
    """Where it happened, without the values: a message or a local variable may hold a secret."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)[-12:]]


def init_logs(settings: Settings) -> None:
    """Send the provider's log to standard error, once."""
    logger = logging.getLogger("idp")
    if not any(isinstance(handler.formatter, JsonLines) for handler in logger.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines())
        logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if settings.debug else logging.INFO)
