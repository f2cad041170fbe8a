"""Why something was refused."""

from __future__ import annotations


class Refused(Exception):
    """A token, a proof or a bundle that must not be believed. Nothing that was read from it may be used.

    `error` is what an API answers in `WWW-Authenticate` (RFC 6750 §3.1, RFC 9449 §7.1); `why` is for the log.
    """

    def __init__(self, why: str, error: str = "invalid_token") -> None:
        super().__init__(why)
        self.why = why
        self.error = error


class NoTrust(Refused):
    """There is no bundle, or it is too old to be believed: our trouble and not the caller's. Answer with 503."""

    def __init__(self, why: str) -> None:
        super().__init__(why, "temporarily_unavailable")


class NotWitnessed(Refused):
    """A bundle that gives trust, and what has to stand by it does not. What it takes away counts all the same."""


class Gap(Refused):
    """A bundle so much newer than the one we hold that only the hub's lineage connects them."""

    def __init__(self, held_seq: int) -> None:
        super().__init__("the lineage does not reach back to the bundle we hold")
        self.held_seq = held_seq
