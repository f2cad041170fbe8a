"""`idp serve`: the production server."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from idp.cli import server, shared_figures, watching
from idp.cli.opening import load_settings
from idp.cli.output import Refused
from idp.settings import Mode, Settings, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection


@click.command(short_help="Run the production server.")
def serve() -> None:
    """Serve the region, after seeing that it can be served.

    Put a proxy before it that ends TLS and holds requests until they are complete, as nginx does by itself: a
    client that sends its request slowly keeps one of the threads busy. Stops on SIGTERM or Ctrl-C once requests
    under way have ended; SIGHUP replaces the workers one by one.
    """
    settings = load_settings()
    import_provider()
    require_servable(settings)
    address, watch = server.Address.parse(settings.bind), watching.address_of(settings)
    if address == watch:
        raise Refused(f"{address} cannot be both: set IDP_WATCH_BIND to an address of its own")
    for listening, setting in ((address, "IDP_BIND"), (watch, "IDP_WATCH_BIND")):
        if listening is not None and not server.is_free(listening):
            raise Refused(
                f"something listens at {listening} already: stop it, or set {setting} to another port"
            )
    shared = shared_figures.begin(settings.workers)
    server.run(
        load_provider,
        address,
        workers=settings.workers,
        threads=settings.threads,
        quiet=settings.mode is Mode.DEMO,
        on_stop=shared.stop,
        notice=settings.stop_notice if settings.mode is Mode.PRODUCTION else timedelta(0),
    )


def import_provider() -> None:
    """Import what a worker needs, opening nothing: workers are forked from this process and find it here."""
    # The collector would look again and again through what will never be garbage.
    gc.disable()
    import idp.app
    import idp.cli.delivering
    import idp.cli.hearing
    import idp.cli.hub_work
    import idp.cli.pulling
    import idp.cli.rounds
    import idp.cli.telling_apps
    import idp.web.metrics
    import idp.wiring  # noqa: F401

    gc.freeze()
    gc.enable()


def load_provider() -> Callable[..., Any]:
    """The application, as each worker builds it."""
    from idp.app import create_app
    from idp.cli import delivering, hearing, hub_work, pulling, rounds, telling_apps
    from idp.web.render import warm_pages
    from idp.wiring import build_services

    settings = load()
    # granian copies the process's environment into every request's; the secret key has no business there.
    for name in [name for name in os.environ if name.startswith("IDP_")]:
        del os.environ[name]
    services = build_services(settings, together=shared_figures.join())
    # Before the first request comes, so that it does not wait for keys to be read.
    services.open_keys()
    # What an enrolled face is worth is said by today's settings.
    services.stores.faces.set_worth(services.faces.properties if services.faces else ())
    rounds.start(services)
    delivering.start(services)
    telling_apps.start(services)
    pulling.start(services)
    hearing.start(services)
    hub_work.start(services)
    app = create_app(settings, services)
    watching.start(services, app.extensions["tongxing-meter"].board, watching.address_of(settings))
    # Beside the first requests: mini-apps need no pages, and whoever opens one this early compiles it for everybody.
    threading.Thread(target=warm_pages, args=(app,), name="warming", daemon=True).start()
    return app.wsgi_app


def require_servable(settings: Settings) -> None:
    """See that the database is ready, that there are keys we can open, and that no demo person could sign in.

    Raises: Refused — with the command that helps.
    """
    # In a process of its own: what the examination opens must not be inherited by every worker.
    apart = multiprocessing.get_context("fork")
    receiver, sender = apart.Pipe(duplex=False)
    examination = apart.Process(target=_examine, args=(settings, sender))
    examination.start()
    sender.close()
    try:
        faults: list[str] = receiver.recv()
    except EOFError as died:
        raise Refused("the set-up could not be examined: the reason is above") from died
    finally:
        examination.join()
    if faults:
        raise Refused(*faults)


def _examine(settings: Settings, sender: Connection) -> None:
    from idp.cli.examination import examine_before_serving

    sender.send([finding.sentence for finding in examine_before_serving(settings) if finding.is_fault])
