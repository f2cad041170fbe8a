"""Telling mini-apps what has ended while the region is served: sign-outs, and events on their streams."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from idp.cli.carrying import Carrier
from idp.settings import Role
from idp.signals.pushing import Push
from idp.signals.telling import Errand

if TYPE_CHECKING:
    from idp.wiring import Services


def start(services: Services) -> None:
    """Begin. A hub signs nobody in, and so has nobody to tell."""
    if services.settings.role is Role.HUB:
        return
    threading.Thread(target=Teller(services).run, name="telling", daemon=True).start()
    threading.Thread(target=Pusher(services).run, name="pushing", daemon=True).start()


class Teller(Carrier[Errand]):
    """Brings logout tokens."""

    def __init__(self, services: Services) -> None:
        super().__init__(services.telling, services.logout_posts)


class Pusher(Carrier[Push]):
    """Brings security events."""

    def __init__(self, services: Services) -> None:
        super().__init__(services.signals.pushing, services.signals.posts)
