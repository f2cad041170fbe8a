"""What happens next, asked of the protocol with what is known here about the person."""

from __future__ import annotations

from dataclasses import replace

from idp.authn.session import Presence, Session
from idp.oidc.authorization.examine import ExaminedRequest
from idp.oidc.authorization.next_step import Agreed, NextStep, Progress, SignedIn, next_step, wanted_level
from idp.oidc.authorization.refusal import RedirectError
from idp.oidc.errors import ProtocolError
from idp.oidc.vocabulary import AcrLevel
from idp.web import visiting
from idp.web.services import services


def decide(examined: ExaminedRequest, here: Presence | None, progress: Progress) -> NextStep:
    """Ask the protocol what happens next. Raises: RedirectError — the id_token_hint is not ours."""
    standing = here.standing if here else None
    agreed = Agreed(standing.agreed_scopes, standing.agreed_claims) if standing else Agreed()
    asked = examined.request
    return next_step(
        asked if here is None else replace(asked, scope=visiting.scope_for(asked.scope, here.session)),
        examined.client,
        progress,
        _signed_in(examined, here, progress),
        agreed,
        services().acr,
        now=services().clock.now(),
        hinted_subject=_hinted_subject(examined),
    )


def _hinted_subject(examined: ExaminedRequest) -> str | None:
    """Spec: OpenID Connect Core §3.1.2.1 (id_token_hint), §3.1.2.2 (aud need not be checked, but the issuer must)."""
    hint = examined.request.id_token_hint
    if hint is None:
        return None
    try:
        return str(services().verifier.id_token_hint(hint)["sub"])
    except ProtocolError as error:
        raise RedirectError(examined.target, error) from error


def _signed_in(examined: ExaminedRequest, here: Presence | None, progress: Progress) -> SignedIn | None:
    if here is None:
        return None
    session, standing = here.session, here.standing
    return SignedIn(
        session_id=session.id,
        auth_time=session.auth_time,
        level=session.level,
        reachable=_reachable(examined, here, progress),
        subject=standing.subject if standing else None,
    )


def _reachable(examined: ExaminedRequest, here: Presence, progress: Progress) -> AcrLevel:
    wanted = wanted_level(examined.request, services().acr)
    if wanted is None or wanted <= here.session.level:
        # Nobody will ask, so the look-up is saved.
        return here.session.level
    if here.session.home_iss is not None:
        return _reachable_from_home(here.session, here.session.home_iss, progress)
    enrolled = services().stores.authenticators.of(here.session.account_id)
    return services().assurance.reachable(here.session.proofs, enrolled, now=services().clock.now())


def _reachable_from_home(session: Session, home_iss: str, progress: Progress) -> AcrLevel:
    broker = services().broker
    if broker is None or progress.session_id == session.id:
        # They were asked for more there just now, and this is what came of it.
        return session.level
    return max(session.level, broker.reachable(home_iss, services().clock.now()))
