"""Keys that an entity names by address: fetched once, when it registers, and kept with its registration.

Only from the host of the entity itself, which those above it vouched for. Whoever cannot be reached is not asked again
for seconds, and few may wait at once: strangers must not take every thread.
Spec: OpenID Connect Dynamic Client Registration 1.0 §2 (`jwks_uri`); RFC 7517 §5, §8.5.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from typing import Any

from idp.adapters.egress import Answer, Egress
from idp.adapters.egress_errors import EgressError
from idp.adapters.lru import LruCache
from idp.federation.constraints import ConstraintError, host_of
from idp.federation.registration import RegistrationError
from idp.federation.registration_metadata import Fault
from idp.foundation.compact_jws import Malformed, parse_object

log = logging.getLogger("idp.federation")

TYPES = ("application/jwk-set+json", "application/json")
MAX_KEY_SET = 64 * 1024
FAILURE_REMEMBERED_FOR = timedelta(seconds=10)
FAILURES = 2_000

_UNAVAILABLE = "the keys at jwks_uri cannot be had"


class KeysByAddress:
    """One for each process, shared by its threads."""

    def __init__(self, egress: Egress, *, at_once: int) -> None:
        self._egress, self._places = egress, BoundedSemaphore(at_once)
        self._failed: LruCache[str, datetime] = LruCache(FAILURES)
        """Address → until when it is not asked again."""

    def fetch(self, entity_id: str, address: object, *, now: datetime) -> Mapping[str, Any]:
        """The key set at an address of the entity. Raises: RegistrationError."""
        url = _own_address(entity_id, address)
        failed_until = self._failed.find(url)
        if failed_until is not None and now < failed_until:
            raise RegistrationError(Fault.METADATA, _UNAVAILABLE, detail="it failed a moment ago")
        if not self._places.acquire(blocking=False):
            raise RegistrationError(Fault.METADATA, _UNAVAILABLE, detail="too many wait for keys")
        try:
            return _key_set(self._egress.get(url, types=TYPES, max_bytes=MAX_KEY_SET))
        except (EgressError, Malformed) as error:
            self._failed.keep(url, now + FAILURE_REMEMBERED_FOR)
            log.info("no keys", extra={"url": url, "detail": str(error)})
            raise RegistrationError(Fault.METADATA, _UNAVAILABLE, detail=str(error)) from error
        finally:
            self._places.release()


def _own_address(entity_id: str, address: object) -> str:
    if not isinstance(address, str):
        raise RegistrationError(Fault.METADATA, "jwks_uri must be an address")
    try:
        if host_of(address) != host_of(entity_id):
            raise RegistrationError(Fault.METADATA, "jwks_uri must be on the host of the entity")
    except ConstraintError as error:
        raise RegistrationError(Fault.METADATA, "jwks_uri is not a plain https address") from error
    return address


def _key_set(answer: Answer) -> Mapping[str, Any]:
    """Raises: Malformed. What is in it is judged like keys by value."""
    if answer.status != 200:
        raise Malformed(f"status {answer.status}")
    return parse_object(answer.body)
