"""`idp doctor`: explain a broken set-up in sentences."""

from __future__ import annotations

from collections.abc import Iterable

import click

from idp.cli.finding import Finding, fault
from idp.cli.output import as_sentence, json_option, say_json
from idp.settings import BadSettings, load

MARKS = {"good": "ok    ", "advice": "note  ", "fault": "WRONG "}


@click.command(short_help="Explain what is wrong with a set-up.")
@json_option
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Look at settings, database, keys, clock, files and the running provider; say what is wrong and what to do.

    Exits with 1 when something is wrong.
    """
    from idp.cli.examination import examine
    from idp.foundation.clock import SystemClock

    findings: Iterable[Finding]
    try:
        settings = load()
    except BadSettings as bad:
        findings = [fault(problem) for problem in bad.problems]
    else:
        findings = examine(settings, SystemClock().now())
    seen = []
    for finding in findings:
        seen.append(finding)
        if not as_json:
            click.echo(MARKS[finding.severity] + as_sentence(finding.sentence))
    if as_json:
        say_json([{"severity": finding.severity, "sentence": finding.sentence} for finding in seen])
    faults = sum(finding.is_fault for finding in seen)
    if not as_json:
        click.echo(f"\n{faults} wrong." if faults else "\nNothing is wrong.")
    context.exit(1 if faults else 0)
