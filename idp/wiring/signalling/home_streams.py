"""Fetching from the regions that our visitors come from: a stream set up there by itself, and looked at in turn.

To each region we are its client like any other receiver: by `private_key_jwt` as the broker, with a token of our own
that is bound to our key, at addresses of the region's own host. Spec: SSF 1.0 §7, §8.1; RFC 8936 §2.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from idp.adapters.egress import Answer
from idp.foundation.clock import Clock
from idp.foundation.compact_jws import Malformed, parse_object
from idp.oidc.scopes import SIGNAL_SCOPES
from idp.signals.event_types import ABOUT_PEOPLE
from idp.signals.received_event import BadEvent
from idp.signals.stream import Method, StreamStatus
from idp.signals.transmitter_metadata import WELL_KNOWN
from idp.storage.stores import Stores
from idp.trustlist.snapshot import NotTrusted
from idp.wiring.brokering.home_calls import CallFailed, HomeCalls
from idp.wiring.following.trust import Trust
from idp.wiring.signalling.home_events import HomeEvents

MOST_AT_ONCE = 50
MOST_LOOKS = 20
"""Polls in one turn; what is left waits for the next."""
MOST_TIME = timedelta(seconds=5)
"""After which no further poll begins in a turn: who answers slowly, or has ever more, does not keep others waiting."""
MAX_NAME = 255
"""Characters of the name of an event, which is sent back."""
MAX_POLL = 1024 * 1024
_EARLY = timedelta(seconds=30)
"""A token is not used up to its last second."""

log = logging.getLogger("idp.signals")


class StreamLost(Exception):
    """The region does not know our stream, or does not let it flow: it has to be looked for anew."""


@dataclass(slots=True)
class _Token:
    value: str
    good_until: datetime


@dataclass(slots=True)
class HomeStreams:
    """One for each process; its own caller is one thread."""

    issuer: str
    stores: Stores
    trust: Trust
    calls: HomeCalls
    events: HomeEvents
    clock: Clock
    every: timedelta
    _tokens: dict[str, _Token] = field(default_factory=dict)

    def round(self) -> None:
        """Ask every region whose turn it is, and ours to ask. Trouble with one is its own."""
        now = self.clock.now()
        for region in self.trust().homes(now=now):
            home = region.op
            if home == self.issuer or not self.stores.signal_sources.knows_somebody_of(home):
                continue
            if self.stores.signal_sources.claim(home, self.every, now=now):
                self.listen(home)

    def listen(self, home: str) -> None:
        """One look at a region's stream."""
        now, trouble = self.clock.now(), ""
        reasons: list[str] = []
        try:
            provider = self.trust().provider(home, now=now)
            self._fetch(provider, self._poll_url(provider), now + MOST_TIME, reasons)
        except (NotTrusted, CallFailed) as error:
            trouble = str(error)
        except StreamLost as error:
            trouble = str(error)
            self.stores.signal_sources.keep(home, None, None)
        if reasons:
            # Once for all of them: whoever sends many does not write our log.
            log.warning(
                "events are refused", extra={"detail": f"{home}: {len(reasons)}, first: {reasons[0]}"}
            )
        if trouble:
            log.warning("events of a region cannot be heard", extra={"detail": f"{home}: {trouble}"})
        self.stores.signal_sources.note(home, trouble, heard_at=None if trouble else now)

    def _fetch(self, provider: Mapping[str, Any], poll_url: str, until: datetime, reasons: list[str]) -> None:
        """Take what waits, within what one turn may cost. `reasons` grows by those against events."""
        asked: dict[str, Any] = {"maxEvents": MOST_AT_ONCE, "returnImmediately": True}
        taken: dict[str, Any] = {}
        for _ in range(MOST_LOOKS):
            answer = _members(self._ask(provider, poll_url, {**asked, **taken}), 200)
            sets = answer.get("sets")
            if not isinstance(sets, Mapping):
                raise StreamLost("sets is missing")
            if len(sets) > MOST_AT_ONCE or any(len(name) > MAX_NAME for name in sets):
                raise StreamLost("more than was asked for")
            if not sets:
                return
            taken = self._heard(provider, sets, reasons)
            if self.clock.now() >= until:
                break
        # Without a word of the last ones they would come again first of all.
        _members(self._ask(provider, poll_url, {**asked, "maxEvents": 0, **taken}), 200)

    def _heard(
        self, provider: Mapping[str, Any], sets: Mapping[str, Any], reasons: list[str]
    ) -> dict[str, Any]:
        """Hear what came; what to say of it with the next request. What was obeyed is committed by then."""
        acknowledged, refused, is_stopped = [], {}, False
        for name, token in sets.items():
            try:
                event = self.events.hear(
                    token if isinstance(token, str) else "", provider, now=self.clock.now()
                )
            except BadEvent as error:
                reasons.append(str(error))
                refused[name] = {"err": error.code.value, "description": "refused"}
                continue
            acknowledged.append(name)
            is_stopped = is_stopped or event.status not in (None, StreamStatus.ENABLED)
        if is_stopped:
            raise StreamLost("the region has stopped our stream")
        return {"ack": acknowledged, "setErrs": refused} if refused else {"ack": acknowledged}

    def _poll_url(self, provider: Mapping[str, Any]) -> str:
        home = str(provider["issuer"])
        source = self.stores.signal_sources.find(home)
        if source is not None and source.poll_url is not None:
            return source.poll_url
        configuration_url, poll_url = self._set_up(provider)
        self.stores.signal_sources.keep(home, configuration_url, poll_url)
        return poll_url

    def _set_up(self, provider: Mapping[str, Any]) -> tuple[str, str]:
        """Find our stream there, or make one; and have it flow."""
        described = self.calls.document(provider, WELL_KNOWN)
        if described.get("issuer") != provider["issuer"]:
            raise StreamLost("the transmitter is somebody else")
        address = _text(described, "configuration_endpoint")
        wanted = {
            "events_requested": [str(event) for event in ABOUT_PEOPLE],
            "delivery": {"method": Method.POLL.value},
        }
        made = self._ask(provider, address, wanted)
        if made.status == 201:
            return address, _delivery(_parsed(made))
        if made.status != 409:
            raise StreamLost(f"status {made.status}")
        return address, self._found_again(provider, described, address)

    def _found_again(self, provider: Mapping[str, Any], described: Mapping[str, Any], address: str) -> str:
        """Our stream that is there already: after a restore, or paused because we were away for long."""
        listed = self._ask(provider, address)
        try:
            found = parse_object(b'{"list":' + listed.body + b"}")["list"]
        except Malformed as error:
            raise StreamLost("the list of streams is no JSON") from error
        if (
            listed.status != 200
            or not isinstance(found, list)
            or not found
            or not isinstance(found[0], Mapping)
        ):
            raise StreamLost("the list of streams is none")
        flows = {"stream_id": _text(found[0], "stream_id"), "status": StreamStatus.ENABLED.value}
        _members(self._ask(provider, _text(described, "status_endpoint"), flows), 200)
        return _delivery(found[0])

    def _ask(self, provider: Mapping[str, Any], url: str, body: Mapping[str, Any] | None = None) -> Answer:
        token = self._token(provider)
        answer = self.calls.resource(provider, url, token, body, max_bytes=MAX_POLL)
        if answer.status == 401:
            # Its keys or ours have changed; with a new token it is tried at the next turn.
            self._tokens.pop(str(provider["issuer"]), None)
        if answer.status == 404:
            raise StreamLost("the region does not know our stream")
        return answer

    def _token(self, provider: Mapping[str, Any]) -> str:
        home, now = str(provider["issuer"]), self.clock.now()
        kept = self._tokens.get(home)
        if kept is None or kept.good_until <= now:
            value, lives = self.calls.own_token(provider, " ".join(SIGNAL_SCOPES))
            kept = self._tokens[home] = _Token(value, now + lives - _EARLY)
        return kept.value


def _parsed(answer: Answer) -> Mapping[str, Any]:
    try:
        return parse_object(answer.body, max_brackets=1_024)
    except Malformed as error:
        raise StreamLost("the answer is no JSON object") from error


def _members(answer: Answer, wanted: int) -> Mapping[str, Any]:
    if answer.status != wanted:
        raise StreamLost(f"status {answer.status}")
    return _parsed(answer)


def _delivery(configuration: Mapping[str, Any]) -> str:
    delivery = configuration.get("delivery")
    if not isinstance(delivery, Mapping):
        raise StreamLost("delivery is missing")
    return _text(delivery, "endpoint_url")


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 2_000:
        raise StreamLost(f"{name} is missing")
    return value
