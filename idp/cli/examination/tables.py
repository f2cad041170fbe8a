"""What could be wrong with the database: out of reach, not migrated, sealed by another key, holding wrong people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from idp.authn.factors.face import FILING_DUE, FILING_NEAR
from idp.authn.factors.seal import BrokenSeal
from idp.cli.demo.people import live_here
from idp.cli.examination.looking import SAID_ELSEWHERE, is_there, opened, sqlite_file
from idp.cli.finding import Finding, advice, fault, good
from idp.cli.opening import require_reachable
from idp.foundation.resources import folder
from idp.oidc.key_schedule import signing_record
from idp.oidc.keys import KeyPurpose, KeyRecord
from idp.settings import Mode, Settings
from idp.storage import management, revisions
from idp.storage.failures import StorageError
from idp.wiring import Services

CLOCK_TOLERANCE = timedelta(minutes=1)


def database(settings: Settings) -> Iterator[Finding]:
    """Whether the database can be reached and written, and what is in it can be used."""
    if not is_there(settings):
        yield fault(f"the database file {sqlite_file(settings)} does not exist: run `idp db upgrade`")
        return
    try:
        with opened(settings) as services:
            yield from _tables(services)
            yield from _write(services)
            yield from _keys(services)
            yield from _people(services)
            yield from faces(services)
    except SAID_ELSEWHERE:
        return
    except BrokenSeal:
        yield fault(
            "the secret key does not open the signing keys in the database: set IDP_SECRET_KEY to the one that "
            "sealed them"
        )
    except StorageError as error:
        yield fault(f"the database cannot be used: {error}")


def tables_in_detail(settings: Settings) -> Iterator[Finding]:
    """Whether somebody changed the tables behind the migrations' back."""
    if not is_there(settings):
        return
    try:
        require_reachable(settings)
        url = settings.database_url
        differences = management.drift(url) if management.current(url) == management.head() else []
    except StorageError:
        return  # said by `database` already
    if differences:
        count = len(differences)
        yield fault(f"the tables are not what the migrations made ({count} differences): see `idp db check`")


def _tables(services: Services) -> Iterator[Finding]:
    at, expected = revisions.current(services.database), revisions.expected(folder("migrations"))
    if at is None:
        yield fault("the database has no tables: run `idp db upgrade`")
    elif at != expected:
        yield fault(f"the database is at {at} and this release expects {expected}: run `idp db upgrade`")
    else:
        yield good(f"the tables are up to date ({at})")


def _write(services: Services) -> Iterator[Finding]:
    services.stores.housekeeping.sweep(now=services.clock.now())
    yield good("the database can be written")


def _keys(services: Services) -> Iterator[Finding]:
    now = services.clock.now()
    records = services.stores.keys.every()
    if not records:
        yield fault("there are no signing keys: run `idp keys init`")
        return
    if any(record.created_at > now + CLOCK_TOLERANCE for record in records):
        yield fault("a signing key was made in the future: the clock here, or where it was made, is wrong")
    # Opens what signs and what will sign next; a wrong secret key raises here.
    services.open_keys()
    without = [
        f"{algorithm} ({keyring.purpose})"
        for keyring in services.keyrings.values()
        for algorithm in keyring.algorithms
        if signing_record(_of_purpose(services, keyring.purpose), algorithm, now) is None
    ]
    if without:
        yield fault(f"no key is in force for {', '.join(without)}: run `idp keys rotate --now`")
    else:
        yield good("a key is in force for every purpose and algorithm, and the secret key opens it")


def _of_purpose(services: Services, purpose: KeyPurpose) -> list[KeyRecord]:
    return [one for one in services.stores.keys.every() if one.purpose is purpose]


def _people(services: Services) -> Iterator[Finding]:
    settings = services.settings
    if settings.mode is not Mode.DEMO and live_here(services.stores.accounts):
        yield fault(
            "the database holds the demonstration's people, whose passwords everybody knows: use an empty database"
        )


def faces(services: Services) -> Iterator[Finding]:
    """How many faces are kept: from a certain number on the operator must file that."""
    count = services.stores.faces.count()
    if count and not services.settings.face:
        yield advice(f"IDP_FACE is off and {count} face templates are still kept: see docs/how-to/face.md")
    if count >= FILING_DUE:
        yield fault(f"{count} people have enrolled their face: from {FILING_DUE} on this must be filed")
    elif count >= FILING_NEAR:
        yield advice(f"{count} people have enrolled their face: from {FILING_DUE} on this must be filed")
    elif count:
        yield good(f"{count} people have enrolled their face, below {FILING_DUE}, which must be filed")
