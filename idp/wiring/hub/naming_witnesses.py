"""Whom the hub may name as witnesses: keys that cosign, each somebody else's, at addresses that can be asked."""

from __future__ import annotations

from urllib.parse import urlsplit

from idp.foundation.sentence import N_
from idp.transparency.note import BadNote, NoteKey, SignatureType
from idp.trustlist.changes import ChangeRefused, SetWitnesses
from idp.trustlist.listing import ListedWitness


def require_nameable(change: SetWitnesses) -> None:
    """See that these can be witnesses. Raises: ChangeRefused."""
    public = {key_of(witness).public for witness in change.witnesses}
    if len(public) != len(change.witnesses):
        raise ChangeRefused("witness-twice", N_("Two witnesses have one key: they would count as one."))


def key_of(witness: ListedWitness) -> NoteKey:
    """The key of a witness. Raises: ChangeRefused."""
    try:
        key = NoteKey.parse(witness.key)
    except BadNote as error:
        raise ChangeRefused(
            "witness-key", N_("This is no key of a witness: %(detail)s"), detail=str(error)
        ) from error
    if key.type is not SignatureType.COSIGNATURE:
        raise ChangeRefused(
            "witness-key-of-log",
            N_("The key of %(name)s is that of a log: a witness has one that cosigns."),
            name=key.name,
        )
    parts = urlsplit(witness.address)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise ChangeRefused(
            "witness-address",
            N_("%(name)s is asked at an address such as %(like)s."),
            name=key.name,
            like="https://id.example.org/witness",
        )
    if witness.address.endswith("/"):
        raise ChangeRefused(
            "witness-slash", N_("The address of %(name)s has no slash at its end."), name=key.name
        )
    return key
