"""Fails a test in which a secret gets out: into a log, an error body, an audit event or a page.

Secrets announce themselves: everything the provider issues has a prefix, and tests register what people type.
A few pages exist to show a secret once; they are named here.
"""

from __future__ import annotations

import logging
import re

from idp.web.logs import JsonLines

SHOWS_SECRETS_ONCE = (
    "/account/security/totp",
    "/account/security/recovery-codes",
    "/console/me/tokens",
    "/console/staff/link",
    "/console/app-secret",
)

# Not \b: a dash inside another value would count as the beginning of one, once in some thousand runs.
# And nothing that is 43 characters long in all: so long are 32 random bytes without a prefix (a challenge, the id of a
# passkey), of which one in some thousands begins like one. What we issue is longer by its prefix.
_ISSUED = re.compile(
    r"(?<![\w-])(?![\w-]{43}(?![\w-]))(?:ac|rt|se|br|cs|rv|pr|sl|ss|tk)_[A-Za-z0-9_-]{20,}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\."
)

# Ids, form tokens, digests, times: the six digits of a code stand somewhere in them once in some hundred runs.
_DRAWN = re.compile(r"[0-9a-f]{10,}|[A-Za-z0-9_-]{20,}")


def stands_in(secret: str, text: str) -> bool:
    """Whether `secret` can be read in `text`; a few digits inside a longer random value are not it."""
    is_short_number = secret.isdigit() and len(secret) < 10
    return secret in (_DRAWN.sub(" ", text) if is_short_number else text)


class LeakGuard(logging.Handler):
    """Collects everything said and looks through it when the test is over."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonLines())
        self.typed: set[str] = set()
        self.said: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        # Both what we write and what anybody else's formatter would write.
        plain = logging.Formatter().format(record)
        self.said.append(("log", f"{self.format(record)}\n{plain}"))

    def remember(self, secret: str) -> None:
        """A password or code that a person typed: it must not come back."""
        if len(secret) >= 6:
            self.typed.add(secret)

    def page(self, path: str, body: str) -> None:
        """A page or error body that was shown."""
        if path not in SHOWS_SECRETS_ONCE:
            self.said.append((f"page {path}", body))

    def leaks(self) -> list[str]:
        """What got out, and where; secrets themselves are not repeated."""
        return [
            f"{where}: {what}"
            for where, text in self.said
            for what in (
                *("an issued secret" for _ in _ISSUED.finditer(text)),
                *("something a person typed" for secret in self.typed if stands_in(secret, text)),
            )
        ]
