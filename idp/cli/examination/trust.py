"""What could be wrong with how a region follows its hub: its keys, the age of the bundle, who answers, the clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from idp.adapters.egress import Egress
from idp.adapters.egress_errors import EgressError
from idp.cli.finding import Finding, advice, fault, good
from idp.settings import BadSettings, Mode, Role, Settings
from idp.trustlist.bundle import Bundle
from idp.trustlist.claims import BadBundle
from idp.trustlist.pulling import Sources, is_overdue
from idp.trustlist.reading import MAX_BUNDLE
from idp.trustlist.snapshot import AHEAD
from idp.wiring import Services
from idp.wiring.following.bundle_puller import BUNDLE_MEDIA_TYPE, OK, TIME_LIMIT_SECONDS
from idp.wiring.following.bundle_reading import read_stored
from idp.wiring.following.following import Following
from idp.wiring.following.pinned_keys import pinned_keys

OLD = timedelta(minutes=5)
"""Renewed every minute and looked for every half: older than this, something is in the way."""


def trust_keys(settings: Settings) -> Iterator[Finding]:
    """Whether the file with the hub's keys can be used."""
    if not _follows(settings):
        return
    try:
        pinned = pinned_keys(settings)
    except BadSettings as bad:
        yield from map(fault, bad.problems)
        return
    count = len(pinned.jwks["keys"])
    yield good(f"the hub's keys are here ({count}, root version {pinned.root_version})")


def held_bundle(services: Services, following: Following) -> Iterator[Finding]:
    """What is held, and what it is still good for."""
    snapshot, now = following.trust(), services.clock.now()
    if snapshot.bundle is None:
        yield advice("no trust bundle has come yet: start the region with `idp serve`")
        return
    seq, age = snapshot.bundle.seq, snapshot.age(now=now)
    held = f"trust bundle {seq} is {_long(age)} old"
    if snapshot.bundle.issued_at - now > AHEAD:
        yield fault(
            f"trust bundle {seq} is from the future, so nobody of another region can sign in: set the clock"
        )
    elif age <= OLD:
        yield good(held)
    else:
        yield _faded(held, snapshot.ladder, dict(zip(snapshot.ladder, snapshot.limits, strict=False)), age)


def sources(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether the hub and the mirrors answer, with a bundle of the hub's, and what time it is there."""
    if not _follows(settings):
        return
    egress = Egress(is_development=settings.mode is not Mode.PRODUCTION)
    try:
        for source in Sources(settings.trust_anchor, settings.trust_mirrors).addresses:
            try:
                yield _answered(settings, egress, source, now)
            except EgressError as error:
                yield advice(f"no trust bundle comes from {source} ({error})")
    finally:
        egress.close()


def _answered(settings: Settings, egress: Egress, source: str, now: datetime) -> Finding:
    """Raises: EgressError."""
    answer = egress.get(source, types=(BUNDLE_MEDIA_TYPE,), max_bytes=MAX_BUNDLE, seconds=TIME_LIMIT_SECONDS)
    if answer.status != OK:
        return advice(f"no trust bundle comes from {source} (status {answer.status})")
    try:
        # Only to compare: whether it is believed, is for the region to say, which verifies it.
        bundle = read_stored(answer.body.decode("ascii", errors="replace"))
    except BadBundle as error:
        return fault(f"what {source} sends is no trust bundle ({error})")
    return _compared(settings, source, bundle, now)


def _compared(settings: Settings, source: str, bundle: Bundle, now: datetime) -> Finding:
    if bundle.issuer != settings.trust_anchor:
        return fault(f"from {source} comes the trust bundle of {bundle.issuer}: see to IDP_TRUST_ANCHOR")
    if bundle.issued_at - now > AHEAD:
        ahead = _long(bundle.issued_at - now)
        return fault(f"the clock is {ahead} behind that of the hub: set it and keep it by NTP")
    age = now - bundle.issued_at
    if age > OLD or is_overdue(bundle, now=now):
        return advice(
            f"from {source} comes a bundle signed {_long(age)} ago: it has no newer one, or our clock is ahead"
        )
    return good(f"from {source} comes trust bundle {bundle.seq}, signed {_long(age)} ago")


def _faded(held: str, ladder: tuple[str, ...], limits: Mapping[str, timedelta], age: timedelta) -> Finding:
    believed = [acr for acr in ladder if age <= limits[acr]]
    if not believed:
        return fault(f"{held}: nobody of another region can sign in until a newer one comes")
    return advice(f"{held}: sign-ins of other regions are believed up to {believed[-1]}")


def _follows(settings: Settings) -> bool:
    return settings.role is Role.REGION and bool(settings.trust_anchor)


def _long(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    return f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"
