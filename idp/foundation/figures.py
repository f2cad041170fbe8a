"""The vocabulary of figures: what is counted and by which labels, named once.

Every value that a label can have is listed before anything is counted. So a board has a fixed size, no request can
make it grow, and no id, address or name of anybody gets onto it: what is not listed counts as `other`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

OTHER = "other"
"""The last value of a label that can meet what nobody listed."""


class Way(StrEnum):
    """How somebody signed in, as figures tell it: by what they showed first, and whether more came with it."""

    PASSKEY = "passkey"
    GESTURE = "gesture"
    QR = "qr"
    PASSWORD_AND_MORE = "password_and_more"
    PASSWORD = "password"
    OTHER_REGION = "other_region"
    OTHER = OTHER


class Outcome(StrEnum):
    """What became of a sign-in or of an attempt at it."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Label:
    """What a family is counted by, and everything it can be."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """Something counted. With `bounds` it is a histogram: observed values up to each bound, their sum and number."""

    name: str
    help: str
    labels: tuple[Label, ...]
    bounds: tuple[float, ...] = ()

    @property
    def cells(self) -> int:
        """How many cells one combination of labels takes: a histogram's last two are what is beyond, and the sum."""
        return len(self.bounds) + 2 if self.bounds else 1

    def combinations(self) -> Iterator[tuple[str, ...]]:
        """Every combination of label values, in the order in which they lie on the board."""
        return product(*(label.values for label in self.labels))


REASONS = (
    *("access_denied", "another_recovery", "busy", "consent_required", "cross_site_form", "flow"),
    *("home_above_ceiling", "home_down", "home_key_revoked", "home_no_bundle", "home_not_believed"),
    *("home_refused", "home_removed", "home_stale", "home_suspended", "home_unknown", "http"),
    *("insufficient_scope", "interaction_required", "invalid_client", "invalid_dpop_proof", "invalid_grant"),
    *("invalid_metadata", "invalid_request", "invalid_request_object", "invalid_request_uri"),
    *("invalid_scope", "invalid_subject", "invalid_target", "invalid_token", "invalid_trust_anchor"),
    *(
        "invalid_trust_chain",
        "login_required",
        "not_found",
        "not_your_role",
        "other_browser",
        "page_expired",
        "qr_refused",
    ),
    *("recovery_over", "recovery_worn_out", "registration_not_supported", "request_not_supported"),
    *("request_uri_not_supported", "server_error", "slow_down", "stream_exists", "stream_held"),
    *("too_many_wrong_answers", "unauthorized_client", "unmet_authentication_requirements"),
    *(
        "unsupported_grant_type",
        "unsupported_parameter",
        "unsupported_response_type",
        "use_dpop_nonce",
        OTHER,
    ),
)
"""Why something was refused: the registered error codes, and the kinds of our own dead ends."""
GRANTS = ("authorization_code", "client_credentials", "refresh_token", OTHER)

METHODS = ("GET", "HEAD", "POST", OTHER)
STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of durations: from what memory answers to what a person will not wait for."""

GRANT = Family(
    "idp_grants_total",
    "Token requests by grant type and outcome.",
    (Label("grant_type", GRANTS), Label("outcome", ("issued", *REASONS))),
)
SIGN_IN = Family(
    "idp_sign_ins_total",
    "Sign-ins finished, and wrong answers on the way, by what was shown first.",
    (Label("way", tuple(Way)), Label("result", tuple(Outcome))),
)
REFUSAL = Family("idp_refusals_total", "Requests refused, by reason.", (Label("reason", REASONS),))
CONSENT = Family(
    "idp_consents_total",
    "People asked to agree to share something, and what they decided.",
    (Label("step", ("asked", "given", "declined")),),
)
DATABASE_FAILURE = Family("idp_database_failures_total", "Statements that the database failed.", ())
FAMILIES = (GRANT, SIGN_IN, REFUSAL, CONSENT, DATABASE_FAILURE)


def families_of_requests(routes: Sequence[str]) -> tuple[Family, Family]:
    """Requests and how long they took. `routes`: the name of every route, never a path that somebody sent."""
    route = Label("route", (*sorted(routes), OTHER))
    return (
        Family(
            "idp_requests_total",
            "Requests answered, by route, method and class of status.",
            (route, Label("method", METHODS), Label("status", STATUSES)),
        ),
        Family("idp_request_duration_seconds", "How long requests took.", (route,), SECONDS),
    )


class Kept(StrEnum):
    """What is kept by the hour. Each has labels of its own."""

    EVENTS = "events"
    """Lines of the audit trail, by kind."""
    SIGN_INS = "sign_ins"
    """By way."""
    HOMES = "homes"
    """Sign-ins by the issuer of the home region; `HERE` for our own people."""
    WRONG_ANSWERS = "wrong_answers"
    """By way."""
    REASONS = "reasons"
    """Refusals, by reason."""
    CONSENTS = "consents"
    """By step."""
    DURATIONS = "durations"
    """Requests, by the place of the bound of `SECONDS` that held them; one more for what took longer."""


HERE = ""


@dataclass(frozen=True, slots=True)
class Gauge:
    """How something stands at the moment: the same name for each combination of labels, one after the other."""

    name: str
    help: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()
