"""What could be wrong with an installation: one function for each thing, each saying what to do about it.

`idp doctor` reports all of it; `idp serve` refuses to start on the faults that would make serving pointless or unsafe.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from idp.cli.examination.machine import clock, network, secret_files, shipped_folders
from idp.cli.examination.regions import trust_list
from idp.cli.examination.running import running_server
from idp.cli.examination.signing_in import assurance_policy, face_engine, passkey_makers, voice_engine
from idp.cli.examination.tables import database, tables_in_detail
from idp.cli.examination.trust import sources, trust_keys
from idp.cli.finding import Finding
from idp.settings import Settings


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
    yield from running_server(settings)
    yield from sources(settings, now)


def examine_before_serving(settings: Settings) -> Iterator[Finding]:
    """What must be right before the first request."""
    yield from shipped_folders()
    yield from assurance_policy(settings)
    yield from passkey_makers(settings)
    yield from trust_keys(settings)
    yield from database(settings)
