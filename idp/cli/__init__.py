"""The command `idp`: set up, serve, look after people, mini-apps, keys and the database, and explain what is wrong.

Owns words on the terminal, exit codes (0 done, 1 refused or failed, 2 misused) and the processes of `idp serve` and
`idp demo`. Decides nothing: what a mini-app must look like is in `idp.registry`, what a person is in `idp.accounts`.
Heavy imports happen inside the commands, so that `idp --help` answers at once.
"""

from __future__ import annotations

import click

from idp import __version__
from idp.cli.account import account
from idp.cli.admin import admin
from idp.cli.app import app
from idp.cli.audit import audit
from idp.cli.change import change
from idp.cli.client import client
from idp.cli.database import db
from idp.cli.demo import demo
from idp.cli.doctor import doctor
from idp.cli.federation import federation
from idp.cli.figures import figures
from idp.cli.keys import keys
from idp.cli.log import log
from idp.cli.me import me
from idp.cli.policy import policy
from idp.cli.recovery import recovery
from idp.cli.serve import serve
from idp.cli.show_settings import settings
from idp.cli.staff import staff
from idp.cli.stream import stream
from idp.cli.trust import trust
from idp.cli.witness import witness


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="idp")
def main() -> None:
    """Tongxing (通行), an OpenID Connect identity provider for public services.

    Try `idp demo` first. Settings come from IDP_… variables or from a TOML file named by IDP_SETTINGS_FILE;
    `idp settings` shows them.
    """


for command in (
    demo,
    serve,
    account,
    recovery,
    client,
    app,
    federation,
    trust,
    witness,
    change,
    log,
    audit,
    stream,
    figures,
    keys,
    admin,
    staff,
    me,
    policy,
    db,
    doctor,
    settings,
):
    main.add_command(command)
