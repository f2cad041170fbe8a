"""The vocabulary of figures: what is counted and by which labels, named once, and the board it is counted on.

Every value that a label can have is listed before anything is counted. So a board has a fixed size, no request can
make it grow, and no id, address or name of anybody gets onto it: what is not listed counts as `other`.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Protocol

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


class Cells(Protocol):
    """Numbers that one process writes and others may read."""

    @property
    def own(self) -> memoryview:
        """This process's, each a whole number of 64 bits."""
        ...

    def summed(self) -> list[int]:
        """Over all processes, those that ended included: never less than before."""
        ...


class Memory(Protocol):
    """Where boards are laid out, one after the other and in every process in the same order."""

    def take(self, count: int) -> Cells:
        """The next `count` cells."""
        ...


class Board:
    """What was counted. Counting takes under a microsecond and never fails; reading sums over all processes."""

    def __init__(self, families: Sequence[Family], memory: Memory) -> None:
        self.families = tuple(families)
        self._places: dict[tuple[str, ...], int] = {}
        at = 0
        for family in families:
            for combination in family.combinations():
                self._places[family.name, *combination] = at
                at += family.cells
        self._cells = memory.take(at)
        self._own = self._cells.own
        # Adding is a read and a write; threads of one process would lose counts between the two.
        self._lock = threading.Lock()

    def count(self, family: Family, *values: str) -> None:
        """One more. A value that is not listed counts as `other`, in the families that have it."""
        place = self._place(family, values)
        with self._lock:
            self._own[place] += 1

    def observe(self, family: Family, seconds: float, *values: str) -> None:
        """One more in a histogram of durations."""
        place = self._place(family, values)
        bucket = place + bisect_left(family.bounds, seconds)
        total = place + len(family.bounds) + 1
        with self._lock:
            self._own[bucket] += 1
            # In microseconds: cells hold whole numbers.
            self._own[total] += int(seconds * 1_000_000)

    def read(self) -> Reading:
        """Everything counted so far."""
        return Reading(self.families, self._places, self._cells.summed())

    def _place(self, family: Family, values: tuple[str, ...]) -> int:
        place = self._places.get((family.name, *values))
        if place is None:
            known = (
                v if v in label.values else OTHER for v, label in zip(values, family.labels, strict=True)
            )
            place = self._places[family.name, *known]
        return place


@dataclass(frozen=True, slots=True)
class Reading:
    """What stood on a board at one moment."""

    families: tuple[Family, ...]
    places: dict[tuple[str, ...], int]
    numbers: Sequence[int]

    def of(self, family: Family, *values: str) -> Sequence[int]:
        """The cells of one combination."""
        place = self.places[family.name, *values]
        return self.numbers[place : place + family.cells]

    def since(self, before: Sequence[int]) -> Reading:
        """What came on top of an earlier reading's numbers; all of it where the board was laid out otherwise."""
        if len(before) != len(self.numbers):
            return self
        added = [now - then for now, then in zip(self.numbers, before, strict=True)]
        return Reading(self.families, self.places, added)


class OwnMemory:
    """Cells of this process alone: for whoever runs without other workers beside it."""

    def take(self, count: int) -> Cells:
        return _OwnCells(count)


class _OwnCells:
    def __init__(self, count: int) -> None:
        self.own = memoryview(bytearray(8 * count)).cast("Q")

    def summed(self) -> list[int]:
        return self.own.tolist()


@dataclass(frozen=True, slots=True)
class Together:
    """What the processes of one server share."""

    memory: Memory
    is_stopping: Callable[[], bool]
    """Whether the server has been told to stop."""
    run: str
    """Names this run of the server: what its boards say is added to the hours once."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """How something stands at the moment: the same name for each combination of labels, one after the other."""

    name: str
    help: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()
