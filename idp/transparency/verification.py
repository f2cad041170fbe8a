"""A whole log, verified without anybody's help: from its entries to the root that its checkpoint signs.

Entries are read once, in bundles, in as many processes as there are; what each found is put together at the end. The
tiles beside them are needed only when the root is another: they tell which entry was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from idp.transparency.checkpoint import Checkpoint
from idp.transparency.leaves import BadLeaf, read_leaf
from idp.transparency.merkle import complete_root, leaf_hash, range_hash
from idp.transparency.tiles import HEIGHT, WIDTH, BadTile, Tile, entries_of, hashes_of

Read = Callable[[str], bytes | None]
"""The content of a file of the log, by its path; None when it is not there."""


class LogFault(Exception):
    """The log is not what its checkpoint says, or does not follow from itself."""

    def __init__(self, index: int | None, sentence: str) -> None:
        super().__init__(sentence)
        self.index, self.sentence = index, sentence
        """The first entry that is concerned; None when that cannot be told."""

    def __reduce__(self) -> tuple[type[LogFault], tuple[int | None, str]]:
        return type(self), (self.index, self.sentence)


@dataclass(frozen=True, slots=True)
class Link:
    """What the entries of a part say of one subject: where its chain begins in it, and where it ends."""

    index: int
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """What was found in some bundles one after the other."""

    start: int
    """The number of the first bundle."""
    roots: tuple[bytes, ...]
    """Of the full ones."""
    rest: tuple[bytes, ...]
    """The hashes in the one that is not full, at the end of the log."""
    links: Mapping[str, Link]
    fault: LogFault | None
    """The first thing that is wrong with an entry by itself, or with its place."""


@dataclass(frozen=True, slots=True)
class VerifiedLog:
    """A log in which nothing is wrong."""

    checkpoint: Checkpoint
    subjects: int
    """How many chains of hashes were followed."""


def parts_of(size: int, bundles: int) -> list[range]:
    """The bundles of a log, so many at a time."""
    every = -(-size // WIDTH)
    return [range(start, min(start + bundles, every)) for start in range(0, every, bundles)]


def examine(read: Read, bundles: range, size: int) -> Part:
    """Look at some bundles of a log of this size. Stops where something is missing or cannot be read."""
    roots: list[bytes] = []
    rest: tuple[bytes, ...] = ()
    links: dict[str, Link] = {}
    fault: LogFault | None = None
    for number in bundles:
        tile = Tile(0, number, min(WIDTH, size - number * WIDTH), is_entries=True)
        try:
            entries = _entries(read, tile)
        except LogFault as missing:
            fault = fault or missing
            break
        fault = _follow(entries, tile.start, links) if fault is None else fault
        hashes = [leaf_hash(entry) for entry in entries]
        if tile.is_full:
            roots.append(complete_root(hashes))
        else:
            rest = tuple(hashes)
    return Part(bundles.start, tuple(roots), rest, links, fault)


def verify(
    read: Read, checkpoint: Checkpoint, parts: Iterable[Part], previous: Checkpoint | None = None
) -> VerifiedLog:
    """Put together what was found in all parts, in order, and hold it against the checkpoint.

    `previous`: a checkpoint of the same log that was believed before. Raises: LogFault — the first one.
    """
    roots: list[bytes] = []
    rest: Sequence[bytes] = ()
    links: dict[str, Link] = {}
    faults: list[LogFault] = []
    for part in parts:
        if part.start != len(roots):
            break  # an earlier one ended before its time
        roots += part.roots
        rest = part.rest
        faults += [] if part.fault is None else [part.fault]
        faults += _join(links, part.links)
    changed = _changed(read, checkpoint, roots, rest)
    faults += [] if changed is None else [changed]
    if faults:
        raise min(faults, key=_place)
    _require_descent(read, checkpoint, previous, roots)
    return VerifiedLog(checkpoint, len(links))


def _entries(read: Read, tile: Tile) -> list[bytes]:
    bundle = read(tile.path)
    if bundle is None:
        raise LogFault(
            tile.start, f"entry {tile.start} is missing: the log was cut, or a file of it was lost"
        )
    try:
        entries = entries_of(bundle)
    except BadTile as error:
        raise LogFault(
            tile.start, f"the entries from {tile.start} on cannot be read: a length was changed"
        ) from error
    if len(entries) != tile.width:
        at = tile.start + min(len(entries), tile.width)
        what = "is missing" if len(entries) < tile.width else "is one too many"
        raise LogFault(at, f"entry {at} {what}: the log is not as long as its checkpoint says")
    return entries


def _follow(entries: Sequence[bytes], start: int, links: dict[str, Link]) -> LogFault | None:
    """Read entries in their places, and follow what they say of each subject; the first that is wrong."""
    for index, entry in enumerate(entries, start):
        try:
            said = read_leaf(entry)
        except BadLeaf as error:
            return LogFault(index, f"entry {index} was changed: {error}")
        if said["log_seq"] != index:
            return LogFault(index, _misplaced(index, said["log_seq"]))
        if "after_hash" in said:
            link = Link(index, said.get("before_hash"), said["after_hash"])
            known = links.get(str(said.get("subject")))
            if known is not None and known.after != link.before:
                return _torn(link.index)
            links[str(said.get("subject"))] = (
                link if known is None else Link(known.index, known.before, link.after)
            )
    return None


def _misplaced(index: int, number: int) -> str:
    if number > index:
        return f"in the place of entry {index} is number {number}: entries before it were removed, or moved"
    return f"in the place of entry {index} is number {number}: entries were put in, or moved"


def _torn(index: int) -> LogFault:
    return LogFault(
        index, f"entry {index} does not follow the one before it about the same subject: their hashes differ"
    )


def _join(links: dict[str, Link], more: Mapping[str, Link]) -> list[LogFault]:
    """Go on with the chains of another part; where they do not meet."""
    torn = [
        _torn(link.index)
        for subject, link in more.items()
        if subject in links and links[subject].after != link.before
    ]
    for subject, link in more.items():
        known = links.get(subject)
        links[subject] = link if known is None else Link(known.index, known.before, link.after)
    return torn


def _changed(
    read: Read, checkpoint: Checkpoint, roots: Sequence[bytes], rest: Sequence[bytes]
) -> LogFault | None:
    """The first entry that is not what the checkpoint signs; None when all are."""
    is_whole = len(roots) * WIDTH + len(rest) == checkpoint.size
    if is_whole and _root(checkpoint.size, roots, rest) == checkpoint.root:
        return None
    for number, root in enumerate(roots):
        if (stored := _hash_above(read, checkpoint.size, number)) is not None and stored != root:
            return _named(read, Tile(0, number), stored)
    partial = Tile(0, len(roots), checkpoint.size % WIDTH or WIDTH)
    if rest and (found := _first_difference(read, partial, rest)) is not None:
        return found
    if not is_whole:
        # What is missing was mostly found before, with its place; nobody may leave parts out.
        return LogFault(
            None, f"the log is not whole: of its {checkpoint.size} entries some were not looked at"
        )
    return LogFault(
        None, "the entries make another root than the checkpoint signs, and the tiles were changed too"
    )


def _hash_above(read: Read, size: int, number: int) -> bytes | None:
    """What the tiles say that the root of a full tile is."""
    index, place = divmod(number, WIDTH)
    width = min(WIDTH, (size >> HEIGHT) - index * WIDTH)
    hashes = _stored(read, Tile(1, index, width))
    return None if hashes is None else hashes[place]


def _named(read: Read, tile: Tile, root: bytes) -> LogFault:
    """Which entry under a tile was changed; the tile itself must be what was signed to tell."""
    hashes = _stored(read, tile)
    last = tile.start + WIDTH - 1
    if hashes is None or complete_root(hashes) != root:
        return LogFault(tile.start, f"an entry from {tile.start} to {last} was changed")
    ours = [leaf_hash(entry) for entry in _entries(read, tile.entries())]
    return _first_difference(read, tile, ours) or LogFault(tile.start, "a tile was changed while it was read")


def _first_difference(read: Read, tile: Tile, ours: Sequence[bytes]) -> LogFault | None:
    for index, (stored, found) in enumerate(zip(_stored(read, tile) or (), ours, strict=False), tile.start):
        if stored != found:
            return LogFault(index, f"entry {index} was changed: it is not the one that was signed")
    return None


def _stored(read: Read, tile: Tile) -> list[bytes] | None:
    content = read(tile.path)
    try:
        hashes = hashes_of(content or b"")
    except BadTile:
        return None
    return hashes if len(hashes) == tile.width else None


def _require_descent(
    read: Read, checkpoint: Checkpoint, previous: Checkpoint | None, roots: Sequence[bytes]
) -> None:
    """See that the log grew from what was believed before. Raises: LogFault."""
    if previous is None:
        return
    if previous.size > checkpoint.size:
        raise LogFault(
            checkpoint.size, f"the log was cut: it had {previous.size} entries, and has {checkpoint.size}"
        )
    full, width = divmod(previous.size, WIDTH)
    now = min(WIDTH, checkpoint.size - full * WIDTH)
    entries = _entries(read, Tile(0, full, now, is_entries=True))[:width] if width else []
    rest = [leaf_hash(entry) for entry in entries]
    if _root(previous.size, roots[:full], rest) != previous.root:
        raise LogFault(
            None,
            f"the log was forked: its first {previous.size} entries are not those that the earlier checkpoint signs",
        )


def _root(size: int, roots: Sequence[bytes], rest: Sequence[bytes]) -> bytes:
    """The root over full tiles and what follows them."""

    def nodes(level: int, index: int) -> bytes:
        if level < HEIGHT:
            first = (index << level) - len(roots) * WIDTH
            return complete_root(rest[first : first + (1 << level)])
        height = level - HEIGHT
        return complete_root(roots[index << height : (index + 1) << height])

    return range_hash(0, size, nodes)


def _place(fault: LogFault) -> tuple[bool, int]:
    """By their place; those that have none last."""
    return fault.index is None, fault.index or 0
