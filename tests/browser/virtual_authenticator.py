"""An authenticator inside Chromium, by the DevTools protocol: makes and shows passkeys without a hand to touch it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import CDPSession

from tests.browser.visitor import Visitor


class VirtualAuthenticator:
    """One authenticator of one visitor's window. By default: built in, with a fingerprint reader, device-bound."""

    def __init__(self, visitor: Visitor, **options: Any) -> None:
        self._session: CDPSession = visitor.context.new_cdp_session(visitor.page)
        self._session.send("WebAuthn.enable")
        wished = {
            "protocol": "ctap2",
            "ctap2Version": "ctap2_1",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
            **options,
        }
        added = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": wished})
        self._id = {"authenticatorId": added["authenticatorId"]}

    @property
    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._session.send("WebAuthn.getCredentials", self._id)["credentials"]
        return found

    def hold_still(self, still: bool = True) -> None:
        """Answer nothing until told to; else questions that the page asks unseen are answered at once."""
        self._session.send("WebAuthn.setAutomaticPresenceSimulation", {**self._id, "enabled": not still})

    def recognise(self, recognises: bool) -> None:
        """Whether the next finger is the owner's."""
        self._session.send("WebAuthn.setUserVerified", {**self._id, "isUserVerified": recognises})

    def put(self, credential: dict[str, Any], **changes: Any) -> None:
        """Put a passkey in the place of the one with its id, as who copied the device would."""
        which = {**self._id, "credentialId": credential["credentialId"]}
        if any(one["credentialId"] == credential["credentialId"] for one in self.credentials):
            self._session.send("WebAuthn.removeCredential", which)
        self._session.send("WebAuthn.addCredential", {**self._id, "credential": {**credential, **changes}})
