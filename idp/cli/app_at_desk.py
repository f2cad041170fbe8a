"""The desk of mini-apps at which commands stand, and what it says when it refuses something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idp.cli.acting import acting
from idp.cli.app_lines import words
from idp.cli.opening import open_services
from idp.cli.output import Refused

if TYPE_CHECKING:
    from datetime import datetime

    from idp.governance.staff import Acting
    from idp.registry.life_cycle import AppRecord
    from idp.wiring import Services
    from idp.wiring.governing.app_desk import AppDesk


@dataclass(frozen=True, slots=True)
class AtDesk:
    """Somebody of the staff at the desk, at a moment."""

    services: Services
    desk: AppDesk
    here: Acting
    now: datetime

    def find(self, client_id: str) -> AppRecord:
        """One that is theirs to see. Raises: UnknownApp."""
        return self.desk.find(self.here, client_id)


@contextmanager
def at_desk() -> Iterator[AtDesk]:
    """Raises: Refused — this is a hub, nobody says who they are, or the desk refuses what is done in the block."""
    with open_services() as services:
        if services.apps is None:
            raise Refused("a hub has no mini-apps: they belong to regions")
        with _explained():
            yield AtDesk(services, services.apps, acting(services), services.clock.now())


@contextmanager
def _explained() -> Iterator[None]:
    """Raises: Refused — with what stands in the way, for whatever the desk raises."""
    from idp.governance.change_request import IllegalMove
    from idp.governance.kinds import NotNow, Problems
    from idp.governance.staff import NotAllowed
    from idp.registry.app_store import NeedsTwoPeople, OvertakenMove, OwnersOnly, SamePerson, UnknownApp
    from idp.registry.finding import BadSubmission
    from idp.registry.life_cycle import WrongMove
    from idp.registry.reasons import BadReason
    from idp.registry.registration import RefusedClient

    try:
        yield
    except BadSubmission as bad:
        raise Refused(*words(bad.findings)) from bad
    except UnknownApp as error:
        raise Refused("there is no such mini-app, or it is not yours: `idp app list` shows them") from error
    except NotAllowed as error:
        raise Refused(f"your role or your token does not reach this far: {error.action}") from error
    except SamePerson as error:
        raise Refused("this takes somebody else than who did the step before") from error
    except NeedsTwoPeople as error:
        raise Refused("this takes two people: see `idp app propose`") from error
    except OwnersOnly as error:
        raise Refused("this is for the developers of the mini-app's own organisation") from error
    except OvertakenMove as error:
        raise Refused("the mini-app has moved on meanwhile; nothing was changed") from error
    except (RefusedClient, Problems) as error:
        raise Refused(*error.problems) from error
    except (WrongMove, BadReason, IllegalMove, NotNow) as error:
        raise Refused(str(error)) from error
