"""Logs: one JSON object a line, of allow-listed fields only.

A field that is not in the list does not get out, so a secret needs two mistakes to be logged. JSON escapes line breaks
and control characters, so nobody can forge a line (log injection). Spec: OWASP ASVS 5.0 V16.

Every request ends in one line of the logger `idp.access`: the name of the route and never the address, which carries
codes and ids.
"""

from __future__ import annotations

import logging
import re
import traceback
from types import TracebackType

import orjson

from idp.foundation.clock import SystemClock
from idp.settings import Settings
from idp.web import request_ids

FIELDS = ("error", "detail", "path")
MAX_DETAIL = 500

# A secret sent where a name or an address belongs would otherwise be quoted as the wrong name that it is.
_ISSUED = re.compile(r"\b(?:ac|rt|tx|se|br|cs)_[\w-]{20,}|\beyJ[\w-]{10,}\.[\w-]+")

_access = logging.getLogger("idp.access")


class JsonLines(logging.Formatter):
    """Formats a record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record, Answered):
            return record.line
        line: dict[str, object] = {
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        request = request_ids.current()
        if request:
            line["request"] = request
        for name in FIELDS:
            value = getattr(record, name, None)
            if value:
                line[name] = _ISSUED.sub("[withheld]", str(value)[:MAX_DETAIL])
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["where"] = _places(record.exc_info[2])
        return orjson.dumps(line).decode()


class Answered(logging.LogRecord):
    """The line that ends a request. Every request makes one, so it is made from a pattern: what a record usually looks
    for (who called, in which thread) takes longer than all the rest."""

    _PATTERN = vars(logging.LogRecord("idp.access", logging.INFO, "", 0, "answered", (), None))

    def __init__(self, line: str, created: float) -> None:
        self.__dict__ = {**self._PATTERN, "line": line, "created": created}
        self.line = line


def answered(route: str, method: str, status: int, seconds: float, role: str) -> None:
    """Write the line that ends a request. `route` and `method`: names from a list, never what somebody sent."""
    if not _access.isEnabledFor(logging.INFO):
        return
    created = SystemClock().now().timestamp()
    # Words of ours, an id in a safe form and numbers: nothing in it could need an escape.
    line = (
        f'{{"at":{created:.3f},"level":"info","logger":"idp.access","message":"answered",'
        f'"request":"{request_ids.current()}","route":"{route}","method":"{method}","status":{status},'
        f'"ms":{seconds * 1000:.2f},"role":"{role}"}}'
    )
    _access.handle(Answered(line, created))


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
