"""Publishing the demonstration's mini-apps as people do it, so that citizens find them in their region's directory.

Doing it again changes nothing.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.cli.app_files import read_submission_file
from idp.cli.demo.place import MiniApp, write_private
from idp.governance.roles import StaffRole
from idp.governance.staff import Acting, StaffMember, Via

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from idp.wiring import Services


def put_mini_app(services: Services, app: MiniApp) -> None:
    """Publish a mini-app in its region, unless it is; again, when its key was lost.

    Raises: BadSubmission, WrongMove — the region knows another mini-app of this id, or has suspended this one.
    """
    known = services.stores.apps.find(app.key)
    is_published = known is not None and known.in_force is not None
    if not is_published or not app.key_file.exists():
        _publish(services, app)


def document_of(app: str, address: str) -> tuple[Mapping[str, Any], bytes | None]:
    """What the developer of `tax` or `health` hands in: the document with its addresses there, and the picture."""
    document, logo = read_submission_file(Path(__file__).parent / f"{app}.toml")
    return _moved(document, f"https://{app}.example", address), logo


def _publish(services: Services, app: MiniApp) -> None:
    """With a new pair of keys, whose private half the mini-app finds in its file."""
    from idp.adapters.jose_keys import generate
    from idp.oidc.vocabulary import Algorithm
    from idp.wiring.governing.app_standing import AppParts

    desk, now = services.apps, services.clock.now()
    assert desk is not None, "a region has mini-apps"
    document, logo = document_of(app.key, app.address)
    developer = _somebody(StaffRole.DEVELOPER, document["organisation"], now)
    reviewer = _somebody(StaffRole.REVIEWER, None, now)
    parts = AppParts.of(services.settings, services.database, services.stores, services.entropy)
    pair = generate(Algorithm.ES256)
    document = {**document, "jwks": {"keys": [dict(pair.public_jwk)]}}
    with services.database.transaction():
        record = desk.save(developer, document, logo, now=now)
        record, _ = desk.submit(developer, app.key, record.revision, now=now)
        record = desk.take(reviewer, app.key, record.revision, now=now)
        record = desk.accept(reviewer, app.key, record.revision, now=now)
        parts.standing.publish(record, reviewer.member.id, now=now)
        # Last, and before the commit: a demonstration that dies here begins again with both.
        write_private(app.key_file, _pem(pair.private_der))


def _pem(der: bytes) -> str:
    return f"-----BEGIN PRIVATE KEY-----\n{base64.encodebytes(der).decode()}-----END PRIVATE KEY-----\n"


def _somebody(role: StaffRole, organisation: str | None, now: datetime) -> Acting:
    """A member of the staff whom the demonstration makes up for this one moment; the trail names them so."""
    member = StaffMember(f"demo-{role}", "", frozenset({role}), organisation, is_active=True, created_at=now)
    return Acting(member, Via.COMMAND, "demo")


def _moved(value: Any, before: str, after: str) -> Any:
    """The document with other addresses."""
    if isinstance(value, dict):
        return {key: _moved(one, before, after) for key, one in value.items()}
    if isinstance(value, list):
        return [_moved(one, before, after) for one in value]
    return value.replace(before, after, 1) if isinstance(value, str) and value.startswith(before) else value
