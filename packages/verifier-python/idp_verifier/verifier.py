"""Verifies access tokens of every region, from memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from . import dpop, jws
from .belief import Pinned, believed, narrowed
from .bundle import AHEAD, Bundle, read, read_lineage, require_newer
from .errors import NoTrust, NotWitnessed, Refused

TYPE = "at+jwt"
MAX_SIZE = 16_384
LEEWAY = 60
"""Seconds that a region's clock may be off."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token that may be believed, until `expires_at`."""

    issuer: str
    """The region. A person is (issuer, subject), never the subject alone."""
    subject: str
    client_id: str
    scope: frozenset[str]
    acr: str | None
    expires_at: int
    claims: Mapping[str, Any]


class Verifier:
    """Holds the newest bundle and answers from it. Shared by all threads of a process.

    `hub` is the hub's address, `hub_keys` what `idp trust keys` prints there: its keys for bundles and for its log, and
    the witnesses of its first bundle, brought by another way than the network.
    `audience` is what tokens must be meant for. `first_time` remembers DPoP proofs; give one that all your
    processes share (for example a SET NX in Valkey) when there are several.
    """

    def __init__(
        self,
        hub: str,
        hub_keys: Mapping[str, Any],
        audience: str,
        *,
        first_time: dpop.FirstTime | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.hub = hub
        self.audience = audience
        self._pinned = Pinned.of(hub_keys)
        self._first_time = first_time or dpop.Remembered()
        self._clock = clock
        self._bundle: Bundle | None = None
        self._loading = threading.Lock()

    @property
    def bundle(self) -> Bundle:
        """The newest bundle. Raises: NoTrust — none came yet."""
        if self._bundle is None:
            raise NoTrust("no trust bundle was loaded yet")
        return self._bundle

    def is_overdue(self, seconds: float) -> bool:
        """Whether there is no bundle, or one that was signed longer ago than this."""
        held = self._bundle
        return held is None or self._clock() - held.issued_at > seconds

    def load(self, compact: str, lineage: str | None = None) -> bool:
        """Take a bundle, from wherever it comes: it proves itself. True when it is newer than the one we hold.

        An old one may be taken first: what is too old to be believed is refused when a token is verified.
        Raises: Gap — it must come with the hub's lineage. Refused — and the one we hold stays. NotWitnessed — as well,
        less what the refused one takes away.
        """
        # One at a time: of two threads the slower must not put an older bundle back.
        with self._loading:
            return self._loaded(compact, lineage)

    def _loaded(self, compact: str, lineage: str | None) -> bool:
        held, now = self._bundle, self._clock()
        signers = held.signers if held else self._pinned.signers
        new = read(compact, self.hub, signers)
        if held is None:
            if new.issued_at > now + AHEAD:
                raise Refused("the bundle is from the future: see to the clock")
        else:
            hashes = read_lineage(lineage, self.hub, signers | new.signers) if lineage else None
            if not require_newer(new, held, now, hashes):
                return False
        try:
            taken = believed(new, held, self._pinned, now)
        except NotWitnessed:
            self._bundle = None if held is None else narrowed(held, new)
            raise
        if taken is None:
            return False
        self._bundle = taken
        return True

    def verify(
        self,
        token: str,
        *,
        acr: str | None = None,
        scope: Collection[str] = (),
        proof: str | None = None,
        method: str = "",
        url: str = "",
    ) -> Token:
        """What the token says, when it may be believed.

        `acr`: the weakest that will do. `scope`: what must all be granted. `proof`, `method` and `url`: the `DPoP`
        header and the request it came with; needed for a token that is bound to a key.
        Raises: Refused, NoTrust.
        """
        now, bundle = self._clock(), self.bundle
        parsed = jws.parse(token, MAX_SIZE)
        claims = parsed.payload
        region = bundle.region(str(claims.get("iss")))
        self._require_header(parsed.header)
        key = region.keys.get(parsed.header["kid"])
        if key is None:
            raise Refused("signed with a key that the region does not publish")
        key.verify(parsed)
        _require_time(claims, now)
        if claims.get("aud") not in (self.audience, [self.audience]):
            raise Refused("meant for another audience")
        # What another region said of the person is worth no more for being passed on, and nothing once it is out.
        home = bundle.region(str(claims["home_iss"])) if "home_iss" in claims else region
        self._require_strength(bundle, min(region.ceiling, home.ceiling), claims.get("acr"), acr, now)
        found = _token(region.issuer, claims)
        if not set(scope) <= found.scope:
            raise Refused("the token does not cover this", "insufficient_scope")
        self._require_possession(claims, token, proof, method, url, now)
        return found

    def verify_request(
        self,
        method: str,
        url: str,
        authorization: str | None,
        proof: str | None = None,
        *,
        acr: str | None = None,
        scope: Collection[str] = (),
    ) -> Token:
        """The same from the headers `Authorization` and `DPoP` of a request. Raises: Refused, NoTrust."""
        scheme, _, token = (authorization or "").partition(" ")
        wanted = {"bearer": False, "dpop": True}.get(scheme.lower())
        if wanted is None or not token.strip():
            raise Refused("no access token was sent", "")
        if wanted != (proof is not None):
            raise Refused("a DPoP token comes with a proof, another one without", "invalid_request")
        return self.verify(token.strip(), acr=acr, scope=scope, proof=proof, method=method, url=url)

    def _require_header(self, header: Mapping[str, Any]) -> None:
        kind = header.get("typ")
        if not isinstance(kind, str) or kind.lower().removeprefix("application/") != TYPE:
            raise Refused("not an access token")
        if "crit" in header or not isinstance(header.get("kid"), str):
            raise Refused("a header that is not understood")

    def _require_strength(
        self, bundle: Bundle, ceiling: int, reached: object, wanted: str | None, now: float
    ) -> None:
        if reached is not None and reached not in bundle.ladder:
            raise Refused("an acr that is not on the ladder")
        position = bundle.position(reached if isinstance(reached, str) else None)
        if position > ceiling:
            raise Refused("an acr above what is believed of the region")
        if wanted is not None and (wanted not in bundle.ladder or position < bundle.position(wanted)):
            raise Refused("a stronger sign-in is needed", "insufficient_user_authentication")
        if wanted is not None and reached is None:
            raise Refused("a stronger sign-in is needed", "insufficient_user_authentication")
        bundle.require_fresh(position, now)

    def _require_possession(
        self, claims: Mapping[str, Any], token: str, proof: str | None, method: str, url: str, now: float
    ) -> None:
        bound = claims.get("cnf")
        if bound is None and proof is None:
            return
        thumbprint = bound.get("jkt") if isinstance(bound, Mapping) else None
        if not isinstance(thumbprint, str) or proof is None:
            raise Refused("the token and the proof do not belong together", "invalid_dpop_proof")
        dpop.require(
            proof,
            token=token,
            thumbprint=thumbprint,
            method=method,
            url=url,
            now=now,
            first_time=self._first_time,
        )


def _require_time(claims: Mapping[str, Any], now: float) -> None:
    expires_at, made_at, begins_at = claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)
    if type(expires_at) is not int or type(made_at) is not int or type(begins_at) is not int:
        raise Refused("exp and iat are required, as whole numbers")
    if now >= expires_at + LEEWAY or made_at > now + LEEWAY or begins_at > now + LEEWAY:
        raise Refused("expired, or not valid yet")


def _token(issuer: str, claims: Mapping[str, Any]) -> Token:
    subject, client_id, scope = claims.get("sub"), claims.get("client_id"), claims.get("scope", "")
    if not isinstance(subject, str) or not isinstance(client_id, str) or not isinstance(scope, str):
        raise Refused("sub and client_id are required")
    return Token(
        issuer,
        subject,
        client_id,
        frozenset(scope.split()),
        claims.get("acr"),
        int(claims["exp"]),
        claims,
    )
