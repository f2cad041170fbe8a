"""How everything stands at the moment, for whoever watches: keys, trust, regions, queues, logs.

Read a few times a minute by one thread of each worker, from the database; never by a request. No gauge has an id, an
address or a name of anybody as a label: of regions there is the worst, and how many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import idp
from idp.foundation.figures import Gauge
from idp.oidc.keys import KeyState
from idp.trustlist.bundle import RegionStatus

if TYPE_CHECKING:
    from idp.wiring import Services

ABLE = (KeyState.PENDING, KeyState.SIGNING)


def gauges(services: Services, *, now: datetime) -> tuple[Gauge, ...]:
    """Everything. Raises: StorageError."""
    return (
        *_process(services),
        *_keys(services, now),
        *_trust(services, now),
        *_regions(services, now),
        *_queues(services, now),
        *_logs(services, now),
    )


def _process(services: Services) -> Iterator[Gauge]:
    labels = (("version", idp.__version__), ("role", services.settings.role.value))
    yield Gauge("idp_build_info", "Which release runs, and as what.", 1, labels)
    health = services.readiness.now()
    for check, is_fine in health.checks.items():
        said = "Whether a check of readiness holds."
        yield Gauge("idp_ready", said, int(is_fine), (("check", check.value),))
    yield Gauge(
        "idp_database_connections",
        "Connections that one worker holds.",
        services.database.open_connections(),
    )


def _keys(services: Services, now: datetime) -> Iterator[Gauge]:
    said = "Until the last key that can sign stops doing so: its successor must be there before."
    for purpose, keyring in services.keyrings.items():
        for algorithm in keyring.algorithms:
            ends = [
                record.signs_until
                for record in keyring.view().records
                if record.algorithm is algorithm and record.state in ABLE
            ]
            labels = (("purpose", purpose.value), ("algorithm", algorithm.value))
            left = max(ends) - now if ends else timedelta(0)
            yield Gauge("idp_key_expiry_seconds", said, left.total_seconds(), labels)


def _trust(services: Services, now: datetime) -> Iterator[Gauge]:
    snapshot = services.trust()
    bundle = snapshot.bundle
    if bundle is None:
        return
    age = snapshot.age(now=now).total_seconds()
    yield Gauge("idp_bundle_age_seconds", "How long ago the trust bundle in use was signed.", age)
    yield Gauge("idp_bundle_seq", "Number of the content of the trust bundle in use.", bundle.seq)
    counts = Counter(region.status for region in bundle.regions)
    for status in RegionStatus:
        said = "Regions on the list, by status."
        yield Gauge("idp_regions", said, counts[status], (("status", status.value),))


def _regions(services: Services, now: datetime) -> Iterator[Gauge]:
    """How far the regions are behind, at the hub."""
    if services.hub is None:
        return
    lines = [line for line in services.hub.overview(now) if line.state is RegionStatus.ACTIVE]
    lags = [line.lag for line in lines if line.lag is not None]
    longest = max(lags, default=timedelta(0)).total_seconds()
    yield Gauge("idp_region_lag_seconds", "For how long the slowest region has been behind.", longest)
    behind = sum(1 for lag in lags if lag)
    yield Gauge("idp_regions_behind", "Active regions that honour an older list than the newest.", behind)
    yield Gauge("idp_regions_silent", "Active regions that never reported.", len(lines) - len(lags))
    yield Gauge("idp_regions_unreachable", "Regions whose last visit failed.", len(services.hub.faults()))


def _queues(services: Services, now: datetime) -> Iterator[Gauge]:
    waiting = services.stores.standing.queues()
    for queue in waiting:
        labels = (("queue", queue.name),)
        yield Gauge("idp_waiting", "What is still to be handed over, told or logged.", queue.count, labels)
    for queue in waiting:
        since = max(now - queue.since, timedelta(0)) if queue.since else timedelta(0)
        labels = (("queue", queue.name),)
        yield Gauge("idp_waiting_seconds", "Since when the first has waited.", since.total_seconds(), labels)
    for change in services.stores.standing.changes():
        labels = (("state", change.name),)
        yield Gauge("idp_change_requests", "Change requests that wait for somebody.", change.count, labels)
    behind = services.figures.uncounted()
    yield Gauge("idp_figures_behind", "Lines of the audit trail that are not in the dashboards yet.", behind)


def _logs(services: Services, now: datetime) -> Iterator[Gauge]:
    logs = services.stores.standing.logs()
    for log in logs:
        yield Gauge("idp_log_entries", "Entries of a transparency log.", log.size, (("log", log.name),))
    for log in logs:
        if log.cosigned_at is not None:
            age = (now - log.cosigned_at).total_seconds()
            said = "Since when no quorum of witnesses stood by a log's head."
            yield Gauge("idp_log_cosigned_age_seconds", said, age, (("log", log.name),))
