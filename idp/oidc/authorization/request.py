"""The authorization request as a value. Spec: OpenID Connect Core §3.1.2.1; RFC 7636 §4.3; RFC 8707 §2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from idp.oidc.claims import ClaimsRequest
from idp.oidc.errors import InvalidRequest
from idp.oidc.parameters import Parameters
from idp.oidc.rp_display import RpDisplay
from idp.oidc.vocabulary import Prompt

MAX_AGE_CEILING = 10 * 365 * 24 * 3600
"""Seconds; a larger max_age says nothing and would overflow date arithmetic."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What the mini-app asks for. Well-formed, but not yet allowed: the checks decide that."""

    client_id: str
    redirect_uri: str
    response_type: str | None
    response_mode: str | None
    scope: tuple[str, ...]
    state: str | None
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    prompt: frozenset[Prompt]
    max_age: timedelta | None
    acr_values: tuple[str, ...]
    login_hint: str | None
    ui_locales: tuple[str, ...]
    id_token_hint: str | None
    claims: ClaimsRequest
    resources: tuple[str, ...]
    dpop_jkt: str | None
    """The thumbprint of the key that alone may redeem the code (RFC 9449 §10)."""
    display: RpDisplay | None
    """For whom a broker asks. Believed of brokers alone: `ExaminedRequest.display`."""
    unsupported: tuple[str, ...]
    """Of `request`, `request_uri`, `registration` those that were sent."""

    @classmethod
    def parse(cls, parameters: Parameters) -> AuthorizationRequest:
        """Read the parameters; unknown ones are ignored (RFC 6749 §3.1).

        Raises: InvalidRequest — a parameter is repeated or has no meaning.
        """
        return cls(
            client_id=parameters.required("client_id"),
            redirect_uri=parameters.required("redirect_uri"),
            response_type=parameters.one("response_type"),
            response_mode=parameters.one("response_mode"),
            scope=parameters.words("scope"),
            state=parameters.one("state"),
            nonce=parameters.one("nonce"),
            code_challenge=parameters.one("code_challenge"),
            code_challenge_method=parameters.one("code_challenge_method"),
            prompt=_prompts(parameters.words("prompt")),
            max_age=_max_age(parameters.one("max_age")),
            acr_values=parameters.words("acr_values"),
            login_hint=parameters.one("login_hint"),
            ui_locales=parameters.words("ui_locales"),
            id_token_hint=parameters.one("id_token_hint"),
            claims=ClaimsRequest.parse(parameters.one("claims")),
            resources=parameters.many("resource"),
            dpop_jkt=parameters.one("dpop_jkt"),
            display=RpDisplay.parse(parameters.one("rp_display")),
            unsupported=tuple(
                name for name in ("request", "request_uri", "registration") if parameters.many(name)
            ),
        )


def _prompts(words: tuple[str, ...]) -> frozenset[Prompt]:
    try:
        return frozenset(Prompt(word) for word in words if word)
    except ValueError as error:
        raise InvalidRequest("prompt has an unknown value") from error


def _max_age(raw: str | None) -> timedelta | None:
    if raw is None:
        return None
    if not (raw.isascii() and raw.isdecimal() and len(raw) <= 12):
        raise InvalidRequest("max_age must be a number of seconds")
    return timedelta(seconds=min(int(raw), MAX_AGE_CEILING))
