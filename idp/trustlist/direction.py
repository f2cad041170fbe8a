"""Whether a change of the list widens what is trusted. Whoever carries changes out asks, and treats the two apart."""

from __future__ import annotations

from idp.trustlist.changes import Admit, Change, Restore, SetCeiling, SetWitnesses
from idp.trustlist.listing import TrustList


def loosens(listed: TrustList, change: Change) -> bool:
    """Whether more would be believed after it than before.

    What a listed region says of itself is within what was agreed when it was admitted.
    """
    if isinstance(change, Admit | Restore):
        return True
    if isinstance(change, SetCeiling):
        region = listed.find(change.op)
        return region is None or change.ceiling > region.ceiling
    if isinstance(change, SetWitnesses):
        # Another witness, or fewer of them that must agree, lets more pass.
        known = listed.witnesses
        return change.quorum < known.quorum or not set(change.witnesses) <= set(known.witnesses)
    return False
