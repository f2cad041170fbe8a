"""Why a call to somebody else came to nothing."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The kinds of failure that callers tell apart."""

    URL = "url"
    """We do not call such addresses."""
    ADDRESS = "address"
    """The name leads where we do not go."""
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    REDIRECTED = "redirected"
    TOO_LARGE = "too_large"
    TYPE = "type"
    """Another content type than was asked for, or compressed."""
    MALFORMED = "malformed"
    """Not HTTP, or not all of it."""


class EgressError(Exception):
    """No answer that could be used. The text is for our log and quotes nothing of what came."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
