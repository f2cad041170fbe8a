"""`idp demo`: a hub, the regions East and West, two mini-apps and eight citizens, on this machine, in one command.

Owns the demonstration's folder, people and processes. The mini-apps themselves are in `examples/`.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from idp.cli.demo.messages import messages
from idp.cli.demo.place import Installation, MiniApp, Place, find_folder
from idp.cli.output import Refused

if TYPE_CHECKING:
    from idp.cli.demo.processes import Site
    from idp.settings import Settings

DEFAULT_PORT_BASE = 8_000
NO_PROXY = "localhost,.localhost,127.0.0.1"


@click.group(invoke_without_command=True, short_help="Try everything on this machine.")
@click.option("--reset", is_flag=True, help="Forget everything the demonstration remembers, then start.")
@click.option(
    "--port-base",
    type=click.IntRange(1_024, 65_000),
    default=DEFAULT_PORT_BASE,
    show_default=True,
    help="The hub listens here, the regions at this port + 1 and + 2, the mini-apps at + 11 and + 12.",
)
@click.pass_context
def demo(context: click.Context, reset: bool, port_base: int) -> None:
    """Try it: a hub, the regions East and West, the mini-apps Tax and Health and eight citizens, on this machine.

    Everything is kept in var/demo of the current folder, or in ~/.local/state/tongxing/demo when you may not write
    here. Ctrl-C stops it; the next start goes on where you left off.
    """
    if context.invoked_subcommand is None:
        run(Place(find_folder(), port_base), reset=reset)


@demo.command()
@click.argument("username")
def totp(username: str) -> None:
    """Show the code that a demo citizen's authenticator app shows now."""
    from idp.cli.demo.people import PEOPLE
    from idp.cli.demo.totp import code_at, seconds_left
    from idp.foundation.clock import SystemClock

    seeds = {person.username: person.totp_seed for person in PEOPLE if person.totp_seed is not None}
    seed = seeds.get(username)
    if seed is None:
        raise Refused(
            f"of the demo's citizens only {', '.join(seeds)} has an authenticator app from the start"
        )
    now = SystemClock().now()
    click.echo(f"{code_at(seed, now)}  (for {seconds_left(now)} more seconds; each code works once)")


demo.add_command(messages)


def run(place: Place, *, reset: bool) -> None:
    """Set up, start every site, join the regions, say how to use it, and stop all when told. Raises: Refused."""
    from idp.cli.demo import federation, processes

    require_free_ports(place)
    click.echo(f"Setting up in {place.folder} …")
    if reset:
        forget(place)
    with processes.told_to_stop() as told:
        set_up(place)
        running: list[processes.Running] = []
        try:
            for site in sites(place):
                running.append(processes.start(site))
            for one in running:
                processes.wait_until_answering(one, told)
            if not told.is_set():
                federation.join(place, told)
            if not told.is_set():
                click.echo(instructions(place))
            while not told.wait(1):
                for one in running:
                    processes.require_alive(one)
            click.echo("\nStopping …")
        finally:
            processes.stop(running)
    click.echo("Stopped. `idp demo` goes on where you left off; `idp demo --reset` begins anew.")


def set_up(place: Place) -> None:
    """Files, databases, people and the mini-apps. Raises: Refused."""
    from idp.authn.factors.seal import BrokenSeal
    from idp.cli.demo import seed
    from idp.registry.finding import BadSubmission
    from idp.registry.life_cycle import WrongMove
    from idp.storage.failures import StorageError

    try:
        require_same_addresses(place)
        seed.write_files(place)
        seed.fill_hub(settings_of(place.hub), place)
        for region in place.regions:
            seed.fill_region(settings_of(region), place, region)
    except OSError as error:
        raise Refused(f"the demonstration cannot be kept in {place.folder}: {error.strerror}") from error
    except (BrokenSeal, StorageError, BadSubmission, WrongMove) as error:
        raise Refused(
            f"what the demonstration kept in {place.folder} cannot be used ({error}): begin anew by `idp demo --reset`"
        ) from error


def require_same_addresses(place: Place) -> None:
    """The hub's list and the regions' people know each other by their addresses. Raises: Refused — they changed."""
    known = place.hub.settings_file
    if known.exists() and (before := settings_of(place.hub).issuer) != place.hub.issuer:
        raise Refused(
            f"the demonstration in {place.folder} has its hub at {before}, and its regions know it by that address",
            "go on with the same --port-base as then, or begin anew by `idp demo --reset`",
        )


def settings_of(one: Installation) -> Settings:
    """The settings of the hub or of a region."""
    from idp.settings import load

    return load({"IDP_SETTINGS_FILE": str(one.settings_file)})


def sites(place: Place) -> tuple[Site, ...]:
    """Every process, in the order in which they start."""
    return (
        *(provider_site(one) for one in place.installations),
        *(mini_app_site(app) for app in place.mini_apps),
    )


def provider_site(one: Installation) -> Site:
    """The process of the hub or of a region: what `idp serve` is anywhere, with the names of this machine."""
    from idp.cli.demo.processes import Site

    path = "/trust/keys.json" if one.key == "hub" else "/.well-known/openid-configuration"
    return Site(
        name=one.title,
        url=f"{one.issuer}{path}",
        address=one.listens,
        module=("idp", "serve"),
        environment={"IDP_SETTINGS_FILE": str(one.settings_file), "NO_PROXY": NO_PROXY, "no_proxy": NO_PROXY},
        log=one.log,
    )


def mini_app_site(app: MiniApp) -> Site:
    """The process of a mini-app."""
    from idp.cli.demo.processes import Site

    return Site(
        name=app.title,
        url=f"{app.address}/",
        address=app.listens,
        module=("idp.cli.demo.mini_app", str(app.listens.port)),
        environment={
            "MINI_APP_SERVICE": app.key,
            "MINI_APP_ISSUER": app.region.issuer,
            "MINI_APP_CLIENT_ID": app.key,
            "MINI_APP_KEY_FILE": str(app.key_file),
            "MINI_APP_ADDRESS": app.address,
            # A proxy for the way out does not know the names of this machine.
            "NO_PROXY": NO_PROXY,
            "no_proxy": NO_PROXY,
        },
        log=app.log,
    )


def require_free_ports(place: Place) -> None:
    """Raises: Refused — naming each port that is taken."""
    from idp.cli.server import Address, is_free

    taken = []
    listeners: tuple[Installation | MiniApp, ...] = (*place.installations, *place.mini_apps)
    for one in listeners:
        # Browsers try the IPv6 loopback too, and would find somebody else there.
        free = [is_free(one.listens)]
        with suppress(Refused):
            free.append(is_free(Address("::1", one.listens.port)))
        if not all(free):
            name = one.title[0].lower() + one.title[1:]
            taken.append(
                f"port {one.listens.port} for {name} is taken, perhaps by a demonstration that still runs"
            )
    if taken:
        raise Refused(
            *taken, "stop what uses it, or choose other ports, for example: idp demo --port-base 9000"
        )


def forget(place: Place) -> None:
    """Remove what the demonstration made, and nothing that somebody else put there."""
    for file in place.made_by_us():
        file.unlink()


def instructions(place: Place) -> str:
    """Where to click, whom to sign in as, and how to stop."""
    rule = "─" * min(shutil.get_terminal_size().columns, 78)
    return f"""
{rule}
Tongxing 通行 is running, on this machine only.

  Tax, a mini-app of East:       {place.tax.address}
  Health, a mini-app of West:    {place.health.address}
  Your account in East:          {place.east.issuer}
  Your account in West:          {place.west.issuer}
  The hub, with its regions:     {place.hub.issuer}

  username     password               who
{_people("east")}

{_people("west")}

Sign in to Health as somebody of East: press “Sign in with your account of East”.
E-mails and text messages:  idp demo messages     Chen's code:  idp demo totp chenwei
Stop with Ctrl-C. Other commands work on East, West or the hub after
  export IDP_SETTINGS_FILE={place.east.settings_file}
Nobody runs it yet. Make its staff with:  idp admin bootstrap --name Ada --name Bo
{rule}"""


def _people(region: str) -> str:
    from idp.cli.demo.people import PEOPLE_OF

    return "\n".join(
        f"  {one.username:<12} {one.password:<22} {one.name}: {one.about}" for one in PEOPLE_OF[region]
    )
