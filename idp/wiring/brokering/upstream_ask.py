"""From what a mini-app asks of us to what we ask of the region that somebody comes from."""

from __future__ import annotations

from collections.abc import Sequence

from idp.federation.upstream_request import UpstreamAsk
from idp.oidc.authorization.next_step import essential_acr
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.rp_display import RpDisplay
from idp.oidc.vocabulary import Prompt

_CARRIED = (Prompt.LOGIN, Prompt.CONSENT, Prompt.SELECT_ACCOUNT)


def ask_for(
    request: AuthorizationRequest | None,
    display: RpDisplay,
    claims: tuple[str, ...],
    believed: Sequence[str],
    ui_locale: str,
    *,
    silently: bool = False,
) -> UpstreamAsk:
    """What to ask for a mini-app's request; None: the person visits our own pages.

    `believed`: every `acr` that the home region may say today, weakest first.
    """
    if request is None:
        return UpstreamAsk(display, ui_locales=(ui_locale,))
    wish, essential = request.claims.id_token.get("acr"), essential_acr(request)
    wished = request.acr_values or tuple(str(value) for value in (wish.values if wish else ()))
    return UpstreamAsk(
        display=display,
        claims=claims,
        acr_values=_within(wished, believed) if essential is None else (),
        essential_acr=tuple(acr for acr in believed if acr in (essential or ())),
        prompt=(Prompt.NONE,) if silently else tuple(one for one in _CARRIED if one in request.prompt),
        max_age=request.max_age,
        ui_locales=tuple(dict.fromkeys((ui_locale, *request.ui_locales))),
    )


def _within(wished: tuple[str, ...], believed: Sequence[str]) -> tuple[str, ...]:
    """The wishes that could come true; the strongest there is where all of them ask for more."""
    kept = tuple(acr for acr in wished if acr in believed)
    return kept or (tuple(believed[-1:]) if wished else ())
