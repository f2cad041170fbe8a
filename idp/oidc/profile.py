"""What each security profile demands, as data that the checks read.

`standard` is what new mini-apps get. `fapi2` and `compat` are names already carried by every client row; until their
rules are built no client can be registered with them, because a profile that promises more than it checks is worse
than none.
"""

from __future__ import annotations

from idp.oidc.vocabulary import Profile

AVAILABLE = frozenset({Profile.STANDARD})
"""The profiles a client may be registered with today."""
