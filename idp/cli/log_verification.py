"""Verifying a log that lies in a folder: with its key, without network, with every processor there is."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idp.cli.log_folder import LogFolder
from idp.cli.output import Refused, json_option, say_facts, say_json

if TYPE_CHECKING:
    from idp.transparency.checkpoint import SignedCheckpoint
    from idp.transparency.note import NoteKey
    from idp.transparency.verification import Part, VerifiedLog

BUNDLES_AT_ONCE = 64
"""Bundles that a process looks at before it tells what it found."""
ALONE_BELOW = 4 * BUNDLES_AT_ONCE
"""A log of fewer bundles is verified sooner than processes are started."""


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--key",
    "keys",
    multiple=True,
    required=True,
    help="A key of the log, as `idp log list` shows it; repeatable.",
)
@click.option(
    "--previous",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint of this log that you kept: the log must have grown from it.",
)
@click.option(
    "--witness",
    "witnesses",
    multiple=True,
    help="The key of a witness that must have cosigned the head; repeatable.",
)
@click.option(
    "--quorum", type=click.IntRange(1), help="How many of these witnesses must; all, unless you say."
)
@json_option
def verify(
    folder: Path,
    keys: tuple[str, ...],
    previous: Path | None,
    witnesses: tuple[str, ...],
    quorum: int | None,
    as_json: bool,
) -> None:
    """Verify a log offline: every entry, its place, what follows from what, and the signed root.

    FOLDER is what `idp log export` wrote, or what anybody fetched file by file. Says which entry is the first that was
    changed, removed, moved or cut.
    """
    require_cosigned(folder, keys, witnesses, quorum)
    say_verified(verified_folder(folder, keys, previous), as_json)


def require_cosigned(
    folder: Path, keys: Iterable[str], witnesses: tuple[str, ...], quorum: int | None
) -> None:
    """See that witnesses stand by the head of a log, whenever they signed it. Raises: Refused."""
    from idp.adapters.note_keys import verify_ed25519
    from idp.transparency.cosignature import cosigned_at

    trusted = trusted_keys(witnesses)
    least = len(trusted) if quorum is None else quorum
    note = _opened(folder / "checkpoint", trusted_keys(keys)).note
    found = cosigned_at(note, trusted, verify_ed25519)
    if len(found) < least:
        raise Refused(f"{len(found)} of these witnesses stand by the checkpoint, and {least} must")


def verified_folder(folder: Path, keys: Iterable[str], previous: Path | None) -> VerifiedLog:
    """The log in a folder, with nothing wrong in it. Raises: Refused — with the first thing that is."""
    from idp.transparency import verification
    from idp.transparency.verification import LogFault

    trusted = trusted_keys(keys)
    checkpoint = _opened(folder / "checkpoint", trusted).checkpoint
    earlier = None if previous is None else _opened(previous, trusted).checkpoint
    read = LogFolder(folder)
    try:
        with examined(read, checkpoint.size) as parts:
            return verification.verify(read, checkpoint, parts, earlier)
    except LogFault as fault:
        raise Refused(fault.sentence) from fault


def say_verified(found: VerifiedLog, as_json: bool) -> None:
    """Print what was verified."""
    facts: dict[str, Any] = {
        "log": found.checkpoint.origin,
        "entries": found.checkpoint.size,
        "root": found.checkpoint.root.hex(),
        "subjects": found.subjects,
    }
    if as_json:
        say_json(facts)
        return
    say_facts(list(facts.items()))
    click.echo("Every entry is in its place and is the one that was signed.")


@contextmanager
def examined(read: LogFolder, size: int) -> Iterator[Iterable[Part]]:
    """What is found in each part of a log, in order."""
    from idp.transparency import verification

    parts = verification.parts_of(size, BUNDLES_AT_ONCE)
    look = partial(_examine, read, size)
    processes = os.cpu_count() or 1
    if len(parts) * BUNDLES_AT_ONCE < ALONE_BELOW or processes == 1:
        yield map(look, parts)
        return
    # What an entry is parsed into never refers to itself: looking for such rings would take a tenth of the time.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), initializer=gc.disable) as pool:
        yield pool.map(look, parts)


def _examine(read: LogFolder, size: int, bundles: range) -> Part:
    from idp.transparency import verification

    return verification.examine(read, bundles, size)


def trusted_keys(texts: Iterable[str]) -> tuple[NoteKey, ...]:
    """The keys that somebody gave. Raises: Refused."""
    from idp.transparency.note import BadNote, NoteKey

    try:
        return tuple(map(NoteKey.parse, texts))
    except BadNote as error:
        raise Refused(f"a key cannot be read: {error}") from error


def _opened(file: Path, keys: tuple[NoteKey, ...]) -> SignedCheckpoint:
    """The checkpoint in a file. Raises: Refused."""
    from idp.transparency.note import MAX_NOTE

    try:
        with file.open(encoding="utf-8", newline="") as opened:
            note = opened.read(MAX_NOTE + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"the checkpoint {file.name} cannot be read: {error}") from error
    return opened_note(note, file.name, keys)


def opened_note(note: str, what: str, keys: tuple[NoteKey, ...]) -> SignedCheckpoint:
    """The checkpoint in a note, if it is of the log that the keys name and one of them signed it. Raises: Refused."""
    from idp.adapters.note_keys import verify_ed25519
    from idp.transparency.checkpoint import open_checkpoint
    from idp.transparency.note import BadNote, NotSigned

    names = {key.name for key in keys}
    if len(names) != 1:
        raise Refused("keys of different logs were given: a log is verified with its own")
    try:
        return open_checkpoint(note, names.pop(), keys, verify_ed25519)
    except BadNote as error:
        raise Refused(f"{what} is no checkpoint of this log: {error}") from error
    except NotSigned as error:
        raise Refused(f"none of these keys signed {what}: {error}") from error
