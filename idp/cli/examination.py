"""What could be wrong with an installation: one function for each thing, each saying what to do about it.

`idp doctor` reports all of it; `idp serve` refuses to start on the faults that would make serving pointless or unsafe.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError

from idp.cli.demo.people import live_here
from idp.cli.examination_hub import hub_list, running_hub
from idp.cli.examination_trust import held_bundle, sources, trust_keys
from idp.cli.examination_witnesses import own_memory
from idp.cli.finding import Finding, advice, fault, good
from idp.cli.json_fetch import fetch_json
from idp.cli.opening import require_reachable
from idp.foundation.resources import Folder, folder
from idp.settings import BadSettings, Mode, Role, Settings

if TYPE_CHECKING:
    from idp.oidc.keys import KeyPurpose, KeyRecord
    from idp.wiring import Services

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""No clock that is right shows an earlier day than this release."""
CLOCK_TOLERANCE = timedelta(minutes=1)
NEEDED_FOR = {"attested": "IDP_PASSKEY_METADATA_FILE", "declared_engine": "IDP_FACE_ENGINE_DECLARED"}
"""What an operator sets so that a property can be proved."""
WIDE_PREFIX = {4: 8, 6: 16}
"""A trusted network wider than this is somebody's mistake."""


def examine(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Everything, for the doctor."""
    yield from shipped_folders()
    yield from clock(now)
    yield from network(settings)
    yield from secret_files(settings)
    yield from assurance_policy(settings)
    yield from passkey_makers(settings)
    yield from face_engine(settings)
    yield from voice_engine(settings)
    yield from trust_keys(settings)
    yield from database(settings)
    yield from tables_in_detail(settings)
    yield from trust_list(settings)
    yield from running_provider(settings)
    yield from sources(settings, now)


def examine_before_serving(settings: Settings) -> Iterator[Finding]:
    """What must be right before the first request."""
    yield from shipped_folders()
    yield from assurance_policy(settings)
    yield from passkey_makers(settings)
    yield from trust_keys(settings)
    yield from database(settings)


def shipped_folders() -> Iterator[Finding]:
    """Pages, styles, migrations and translations are part of the installation."""
    names: tuple[Folder, ...] = ("templates", "static", "migrations", "translations")
    for name in names:
        try:
            found = folder(name)
        except FileNotFoundError as missing:
            yield fault(str(missing))
            continue
        if name == "translations" and not any(found.rglob("*.mo")):
            yield fault(
                f"the translations in {found} are not compiled, so every page is in English: install again"
            )
    yield good("pages, styles, migrations and translations are here")


def clock(now: datetime) -> Iterator[Finding]:
    """Tokens live for minutes, so that a wrong clock refuses or admits everybody."""
    if now < RELEASED:
        yield fault(
            f"the clock shows {now:%Y-%m-%d}, before this release was made: set it and keep it by NTP"
        )
    else:
        yield good(f"the clock shows {now:%Y-%m-%d %H:%M:%S} UTC")


def network(settings: Settings) -> Iterator[Finding]:
    """Who is believed about addresses, and what stands before the server."""
    for trusted in settings.trusted_proxies:
        if trusted.prefixlen < WIDE_PREFIX[trusted.version]:
            yield fault(
                f"IDP_TRUSTED_PROXIES has {trusted}, so anybody may claim any address: name the proxies alone"
            )
    if settings.issuer.startswith("https://") and not settings.trusted_proxies:
        yield advice(
            "the issuer is https and the server itself speaks http: name the proxy before it in IDP_TRUSTED_PROXIES"
        )
    if settings.watch_bind.rpartition(":")[0] in ("0.0.0.0", "[::]"):
        yield advice(
            "IDP_WATCH_BIND listens everywhere: whoever reaches that port reads the figures, so name one address "
            "or keep others away from it"
        )
    host = settings.bind.rpartition(":")[0]
    if host in ("0.0.0.0", "[::]") and settings.mode is not Mode.PRODUCTION:
        yield fault(f"IDP_BIND opens the {settings.mode} installation to the network: bind it to 127.0.0.1")


def secret_files(settings: Settings) -> Iterator[Finding]:
    """Files that nobody else may read."""
    named = [os.environ.get("IDP_SECRET_KEY_FILE"), _sqlite_path(settings)]
    for path in [Path(name) for name in named if name]:
        if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield advice(f"{path} can be read by others on this machine: chmod 600 {path}")


def assurance_policy(settings: Settings) -> Iterator[Finding]:
    """Which ladder of levels is in force, and how much of it can be climbed with these settings."""
    from idp.authn.assurance_policy import AssurancePolicy, BadPolicy
    from idp.wiring import unprovable

    try:
        whole = AssurancePolicy.load(settings.assurance_policy)
        policy = whole.without(unprovable(settings))
    except BadPolicy as bad:
        yield fault(f"the assurance policy (IDP_ASSURANCE_POLICY) cannot be used: {bad}")
        return
    yield good(
        f"the assurance policy {policy.name!r} is in force, with levels up to {int(policy.rungs[-1].level)}"
    )
    for rung in whole.rungs[len(policy.rungs) :]:
        lacking = {word for way in rung.ways for proof in way for word in proof & unprovable(settings)}
        variables = ", ".join(NEEDED_FOR[word] for word in sorted(lacking))
        yield advice(
            f"nobody can reach its level {int(rung.level)}, so it is not offered: {variables} is not set"
        )


def passkey_makers(settings: Settings) -> Iterator[Finding]:
    """Whether the list of those who may vouch for passkeys can be believed."""
    from idp.adapters.fido_mds import FidoMetadata
    from idp.authn.factors.passkey_values import BadMetadata

    if settings.passkey_metadata_file is None:
        return
    try:
        makers = FidoMetadata.load(settings.passkey_metadata_file, settings.passkey_metadata_root)
    except BadMetadata as bad:
        yield fault(f"{bad} (IDP_PASSKEY_METADATA_FILE)")
        return
    yield good(
        f"the list of passkey makers is signed by whom we believe; the next is due on {makers.next_update}"
    )


def face_engine(settings: Settings) -> Iterator[Finding]:
    """Whether faces can be compared, where they should be."""
    from idp.adapters.dlib_face import DIGESTS, EngineMissing, missing_packages, model_file

    if not settings.face:
        return
    missing = missing_packages()
    if missing:
        yield fault(
            f"IDP_FACE is on and {', '.join(missing)} is not installed, so no face check is offered: "
            "install with the extra `face`"
        )
        return
    try:
        for name in DIGESTS:
            model_file(name)
    except EngineMissing as wrong:
        yield fault(str(wrong))
        return
    yield good("the face engine is installed and its models are the right ones")
    if not settings.face_engine_declared:
        yield advice("IDP_FACE_ENGINE_DECLARED is not set, so a face is checked and raises no level")


def voice_engine(settings: Settings) -> Iterator[Finding]:
    """Whether voices can be compared, where they should be."""
    if not settings.voice:
        return
    if find_spec("numpy") is None:
        yield fault(
            "IDP_VOICE is on and numpy is not installed, so no voice check is offered: install with the extra `voice`"
        )
        return
    yield advice("IDP_VOICE is on: a voice is easily copied, so it is recorded as a sign and raises no level")


def database(settings: Settings) -> Iterator[Finding]:
    """Whether the database can be reached and written, and what is in it can be used."""
    from idp.authn.assurance_policy import BadPolicy
    from idp.authn.factors.passkey_values import BadMetadata
    from idp.authn.factors.seal import BrokenSeal
    from idp.storage.failures import StorageError

    path = _sqlite_path(settings)
    if path is not None and not Path(path).exists():
        yield fault(f"the database file {path} does not exist: run `idp db upgrade`")
        return
    try:
        require_reachable(settings)
        with _services(settings) as services:
            yield from _tables(services)
            yield from _write(services)
            yield from _keys(services)
            yield from _people(services)
            yield from _faces(services)
    except (BadPolicy, BadMetadata, BadSettings):
        return  # said by `assurance_policy`, `passkey_makers` or `trust_keys` already
    except BrokenSeal:
        yield fault(
            "the secret key does not open the signing keys in the database: set IDP_SECRET_KEY to the one that "
            "sealed them"
        )
    except StorageError as error:
        yield fault(f"the database cannot be used: {error}")


def tables_in_detail(settings: Settings) -> Iterator[Finding]:
    """Whether somebody changed the tables behind the migrations' back."""
    from idp.storage import management
    from idp.storage.failures import StorageError

    path = _sqlite_path(settings)
    if path is not None and not Path(path).exists():
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


def trust_list(settings: Settings) -> Iterator[Finding]:
    """How the list of regions is: a hub's own, or what a region holds of it.

    Nothing of it keeps anybody from being served. A hub is mended by serving, and a region's own people need no list.
    """
    from idp.authn.assurance_policy import BadPolicy
    from idp.authn.factors.passkey_values import BadMetadata
    from idp.authn.factors.seal import BrokenSeal
    from idp.storage.failures import StorageError

    path = _sqlite_path(settings)
    if path is not None and not Path(path).exists():
        return
    try:
        require_reachable(settings)
        with _services(settings) as services:
            if services.hub is not None:
                yield from hub_list(services, services.hub)
            if services.following is not None:
                yield from held_bundle(services, services.following)
            if services.witness is not None:
                yield from own_memory(services.witness)
    except (BadPolicy, BadMetadata, BadSettings, BrokenSeal, StorageError):
        return  # said by `database` and the others already


def running_provider(settings: Settings) -> Iterator[Finding]:
    """Whether the issuer's address leads to a provider that calls itself so."""
    if settings.role is Role.HUB:
        yield from running_hub(settings)
        return
    url = f"{settings.issuer}/.well-known/openid-configuration"
    try:
        document = fetch_json(url)
    except (HTTPError, HTTPException, ValueError):
        yield fault(f"something else than this provider answers at {url}: look at the proxy and at DNS")
        return
    except OSError:
        yield advice(f"nothing answers at {settings.issuer}: start it with `idp serve`, if it should run now")
        return
    if document.get("issuer") == settings.issuer:
        yield good(f"the provider answers at {settings.issuer}")
    else:
        yield fault(
            f"the provider at {settings.issuer} calls itself {document.get('issuer')!r}: mini-apps will refuse it"
        )


def _tables(services: Services) -> Iterator[Finding]:
    from idp.storage import revisions

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
    from idp.oidc.key_schedule import signing_record

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


def _faces(services: Services) -> Iterator[Finding]:
    """How many faces are kept: from a certain number on the operator must file that."""
    from idp.authn.factors.face import FILING_DUE, FILING_NEAR

    count = services.stores.faces.count()
    if count and not services.settings.face:
        yield advice(f"IDP_FACE is off and {count} face templates are still kept: see docs/how-to/face.md")
    if count >= FILING_DUE:
        yield fault(f"{count} people have enrolled their face: from {FILING_DUE} on this must be filed")
    elif count >= FILING_NEAR:
        yield advice(f"{count} people have enrolled their face: from {FILING_DUE} on this must be filed")
    elif count:
        yield good(f"{count} people have enrolled their face, below {FILING_DUE}, which must be filed")


@contextmanager
def _services(settings: Settings) -> Iterator[Services]:
    from idp.wiring import build_services

    services = build_services(settings)
    try:
        yield services
    finally:
        services.database.close()


def _sqlite_path(settings: Settings) -> str | None:
    scheme, _, path = settings.database_url.partition(":///")
    return path.partition("?")[0] if scheme.startswith("sqlite") else None
