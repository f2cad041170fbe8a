"""The one decision of a sign-in: what happens next. Every page comes back to it; no page decides for itself.

Spec: OpenID Connect Core §3.1.2.3 (authentication), §3.1.2.4 (consent), §3.1.2.6 (errors), §5.5.1.1 (acr).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.oidc.acr import AcrNames
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.claims import ALL_CLAIMS, ClaimsRequest, covered
from idp.oidc.client import Client
from idp.oidc.errors import (
    ConsentRequired,
    InteractionRequired,
    LoginRequired,
    ProtocolError,
    UnmetAuthenticationRequirements,
)
from idp.oidc.vocabulary import AcrLevel, Prompt


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What the decision needs to know of the session."""

    session_id: str
    auth_time: datetime
    level: AcrLevel
    reachable: AcrLevel
    """How far the person could come with everything they have set up; at least `level`."""
    subject: str | None
    """The person's `sub` towards this client; None when there has been none yet."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the person has agreed to share with this client, now or earlier."""

    scopes: frozenset[str] = frozenset()
    claims: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Progress:
    """What has been done within the transaction itself."""

    session_id: str | None = None
    consented: bool = False


@dataclass(frozen=True, slots=True)
class SignIn:
    """Ask who they are and for proof."""

    reauthenticating: bool


@dataclass(frozen=True, slots=True)
class StepUp:
    """Signed in, but not as strongly as wanted, and the person has what it takes."""

    wanted: AcrLevel


@dataclass(frozen=True, slots=True)
class Enrol:
    """A level is essential that the person cannot reach with what they have set up: explain, and let them go back."""

    wanted: AcrLevel


@dataclass(frozen=True, slots=True)
class AskConsent:
    """Ask whether `claims` may be shared."""

    claims: tuple[str, ...]
    new: frozenset[str]


@dataclass(frozen=True, slots=True)
class Respond:
    """Everything is proved and agreed: issue the code."""

    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nothing can be shown (prompt=none) or nothing can be done: tell the mini-app why."""

    error: ProtocolError


NextStep = SignIn | StepUp | Enrol | AskConsent | Respond | Refuse


def next_step(
    request: AuthorizationRequest,
    client: Client,
    progress: Progress,
    signed_in: SignedIn | None,
    agreed: Agreed,
    acr: AcrNames,
    *,
    now: datetime,
    hinted_subject: str | None = None,
) -> NextStep:
    """Decide. Pure: the same arguments always give the same step.

    `hinted_subject` is the `sub` of a verified `id_token_hint`.
    """
    silent = Prompt.NONE in request.prompt
    if signed_in is None or _must_prove_again(request, progress, signed_in, now):
        if silent:
            return Refuse(LoginRequired("the person is not signed in"))
        return SignIn(reauthenticating=signed_in is not None)
    wanted_subjects = {hinted_subject, requested_subject(request.claims)} - {None}
    if not wanted_subjects <= {signed_in.subject}:
        if silent or progress.session_id == signed_in.session_id:
            return Refuse(LoginRequired("another person is signed in"))
        return SignIn(reauthenticating=True)
    strength = _missing_strength(request, signed_in, acr)
    if strength is not None and (not silent or isinstance(strength, Refuse)):
        return strength
    if strength is not None and essential_acr(request) is not None:
        return Refuse(InteractionRequired("a stronger proof is needed"))
    claims = requested_claims(request, client)
    missing = frozenset(claims) - agreed.claims
    if missing or not set(request.scope) <= agreed.scopes or _must_agree_again(request, progress):
        if silent:
            return Refuse(ConsentRequired("the person has not agreed yet"))
        return AskConsent(claims, missing)
    return Respond(claims)


def _must_prove_again(
    request: AuthorizationRequest, progress: Progress, signed_in: SignedIn, now: datetime
) -> bool:
    if progress.session_id == signed_in.session_id:
        return False
    if request.prompt & {Prompt.LOGIN, Prompt.SELECT_ACCOUNT}:
        return True
    # max_age=0 is the same wish as prompt=login.
    return request.max_age is not None and now - signed_in.auth_time >= request.max_age


def _must_agree_again(request: AuthorizationRequest, progress: Progress) -> bool:
    return Prompt.CONSENT in request.prompt and not progress.consented


def _missing_strength(
    request: AuthorizationRequest, signed_in: SignedIn, acr: AcrNames
) -> StepUp | Enrol | Refuse | None:
    """What the person must still do to be as strong as asked; a mere wish asks only for what they have."""
    essential = essential_acr(request)
    if essential is not None:
        return _missing_essential(essential, signed_in, acr)
    wanted = wanted_level(request, acr)
    within_reach = signed_in.level if wanted is None else min(wanted, signed_in.reachable)
    return StepUp(within_reach) if signed_in.level < within_reach else None


def wanted_level(request: AuthorizationRequest, acr: AcrNames) -> AcrLevel | None:
    """The level that is asked for, wished or essential; None when none is, or none that we know."""
    essential = essential_acr(request)
    wish = request.claims.id_token.get("acr")
    if essential is not None:
        return acr.lowest(essential)
    return acr.highest(request.acr_values or _names(wish.values if wish else ()))


def essential_acr(request: AuthorizationRequest) -> tuple[str, ...] | None:
    """The acr values of which one must be reached; None when there is only a wish. Spec: §5.5.1.1."""
    wish = request.claims.id_token.get("acr")
    return _names(wish.values) if wish is not None and wish.essential and wish.values else None


def _names(values: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _missing_essential(
    names: tuple[str, ...], signed_in: SignedIn, acr: AcrNames
) -> StepUp | Enrol | Refuse | None:
    """Reaching any named level is enough; a level that nothing here can reach is refused (§5.5.1.1)."""
    wanted = acr.lowest(names)
    if wanted is None or wanted > acr.highest_level:
        return Refuse(UnmetAuthenticationRequirements("the requested acr cannot be reached here"))
    if signed_in.level >= wanted:
        return None
    return StepUp(wanted) if signed_in.reachable >= wanted else Enrol(wanted)


def requested_claims(request: AuthorizationRequest, client: Client) -> tuple[str, ...]:
    """The claims about the person that this request would release, in the order in which they are shown.

    A claim asked for by name counts only when one of the client's own scopes covers it; and no claim counts that the
    client was not admitted with, where that was settled claim by claim.
    """
    by_name = {*request.claims.userinfo, *request.claims.id_token} & set(
        covered(client.scopes, client.claims)
    )
    wanted = {*covered(request.scope, client.claims), *by_name}
    return tuple(claim for claim in ALL_CLAIMS if claim in wanted)


def requested_subject(claims: ClaimsRequest) -> str | None:
    """The one `sub` the client insists on. Spec: OpenID Connect Core §5.5.1."""
    wish = claims.id_token.get("sub")
    value = wish.values[0] if wish and wish.values else None
    return None if value is None else str(value)
