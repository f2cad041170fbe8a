"""`idp demo`: the region East, the mini-app Tax and six citizens, on this machine, in one command.

Owns the demonstration's folder, people and processes. The mini-app itself is in `examples/`.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from idp.cli.demo.messages import messages
from idp.cli.demo.place import Place, find_folder
from idp.cli.output import Refused

if TYPE_CHECKING:
    from idp.cli.demo.processes import Site

DEFAULT_PORT_BASE = 8_000
NO_PROXY = "localhost,.localhost,127.0.0.1"


@click.group(invoke_without_command=True, short_help="Try everything on this machine.")
@click.option("--reset", is_flag=True, help="Forget everything the demonstration remembers, then start.")
@click.option(
    "--port-base",
    type=click.IntRange(1_024, 65_000),
    default=DEFAULT_PORT_BASE,
    show_default=True,
    help="The region listens at this port + 1, the mini-app at this port + 11.",
)
@click.pass_context
def demo(context: click.Context, reset: bool, port_base: int) -> None:
    """Try it: the region East, the mini-app Tax and six citizens, on this machine.

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
    """Set up, start both sites, say how to use them, and stop them when told. Raises: Refused."""
    from idp.cli.demo import processes

    require_free_ports(place)
    click.echo(f"Setting up in {place.folder} …")
    if reset:
        forget(place)
    with processes.told_to_stop() as told:
        set_up(place)
        running: list[processes.Running] = []
        try:
            for site in (region(place), mini_app(place)):
                running.append(processes.start(site))
            for one in running:
                processes.wait_until_answering(one, told)
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
    """Files, database, people and the mini-app. Raises: Refused."""
    from idp.authn.factors.seal import BrokenSeal
    from idp.cli.demo import seed
    from idp.settings import load
    from idp.storage.failures import StorageError

    try:
        seed.write_files(place)
        seed.fill(load({"IDP_SETTINGS_FILE": str(place.settings_file)}), place)
    except OSError as error:
        raise Refused(f"the demonstration cannot be kept in {place.folder}: {error.strerror}") from error
    except (BrokenSeal, StorageError) as error:
        raise Refused(
            f"what the demonstration kept in {place.folder} cannot be used ({error}): begin anew by `idp demo --reset`"
        ) from error


def region(place: Place) -> Site:
    """The provider's process: what `idp serve` is anywhere."""
    from idp.cli.demo.processes import Site

    return Site(
        name="The region East",
        url=f"{place.issuer}/.well-known/openid-configuration",
        address=place.provider,
        module=("idp", "serve"),
        environment={"IDP_SETTINGS_FILE": str(place.settings_file)},
        log=place.region_log,
    )


def mini_app(place: Place) -> Site:
    """The mini-app's process."""
    from idp.cli.demo.processes import Site
    from idp.cli.demo.seed import TAX_CLIENT_ID

    return Site(
        name="The mini-app Tax",
        url=f"{place.tax_address}/",
        address=place.mini_app,
        module=("idp.cli.demo.mini_app", str(place.mini_app.port)),
        environment={
            "TAX_ISSUER": place.issuer,
            "TAX_CLIENT_ID": TAX_CLIENT_ID,
            "TAX_KEY_FILE": str(place.tax_key_file),
            "TAX_ADDRESS": place.tax_address,
            # A proxy for the way out does not know the names of this machine.
            "NO_PROXY": NO_PROXY,
            "no_proxy": NO_PROXY,
        },
        log=place.mini_app_log,
    )


def require_free_ports(place: Place) -> None:
    """Raises: Refused — naming each port that is taken."""
    from idp.cli.server import Address, is_free

    taken = []
    for name, wanted in (("region East", place.provider), ("mini-app Tax", place.mini_app)):
        # Browsers try the IPv6 loopback too, and would find somebody else there.
        free = [is_free(wanted)]
        with suppress(Refused):
            free.append(is_free(Address("::1", wanted.port)))
        if not all(free):
            taken.append(
                f"port {wanted.port} for the {name} is taken, perhaps by a demonstration that still runs"
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
    from idp.cli.demo.people import PEOPLE

    people = "\n".join(f"  {one.username:<12} {one.password:<22} {one.name}: {one.about}" for one in PEOPLE)
    rule = "─" * min(shutil.get_terminal_size().columns, 78)
    return f"""
{rule}
Tongxing 通行 is running, on this machine only.

  Open the mini-app Tax and sign in:   {place.tax_address}
  The region East, with your account:  {place.issuer}

  username     password               who
{people}

E-mails and text messages:  idp demo messages     Chen's code:  idp demo totp chenwei
Stop with Ctrl-C. Other commands work on it after
  export IDP_SETTINGS_FILE={place.settings_file}
{rule}"""
