"""The two ways a refusal leaves the authorization endpoint. Spec: RFC 6749 §4.1.2.1."""

from __future__ import annotations

from idp.oidc.authorization.target import VerifiedTarget
from idp.oidc.errors import ProtocolError


class PageError(Exception):
    """An authorization request whose redirect address is not proven: the person sees a page, nobody is redirected."""

    def __init__(self, cause: ProtocolError) -> None:
        super().__init__(cause.description)
        self.cause = cause


class RedirectError(Exception):
    """A refusal that goes back to the mini-app, which is possible only with its verified address in hand."""

    def __init__(self, target: VerifiedTarget, cause: ProtocolError) -> None:
        super().__init__(cause.description)
        self.target = target
        self.cause = cause
