"""What every verifier must accept and refuse of a hub that keeps a log and names witnesses."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from idp.foundation.clock import from_seconds
from idp.transparency.note import NoteKey, SignatureType
from tests.support.witnessed_hub import entry_about
from tests.support.witnesses import Signer, SmallLog, witness
from tests.verifier.nation import ACR, EAST, FRESHNESS, NOW, WEST, Nation, ec_key, public

if TYPE_CHECKING:
    from tests.verifier.cases import Case

Json = dict[str, Any]


@dataclass
class Log:
    """The hub's log, three witnesses, and bundles with their place in it."""

    nation: Nation
    log: SmallLog = field(default_factory=lambda: SmallLog(Signer("hub.example/log/trust"), [b"earlier"]))
    witnesses: list[Signer] = field(
        default_factory=lambda: [witness(f"{name}.example/witness") for name in ("a", "b", "c")]
    )

    @property
    def named(self) -> Json:
        keys = [str(one.key) for one in self.witnesses]
        return {"log_keys": [str(self.log.signer.key)], "witnesses": {"quorum": 2, "keys": keys}}

    @property
    def pinned(self) -> Json:
        return {**self.nation.pinned, **self.named}

    def enter(self, claims: Json) -> int:
        index = len(self.log.entries)
        self.log.entries.append(entry_about(claims, index))
        return index

    def place(self, index: int, cosigners: Sequence[Signer], at: int, size: int | None = None) -> Json:
        signed = self.log.cosigned(*cosigners, now=from_seconds(at), size=size)
        return {
            "checkpoint": str(signed),
            "index": index,
            "entry": self.log.entries[index].decode(),
            "proof": [
                base64.b64encode(one).decode() for one in self.log.inclusion(index, signed.checkpoint.size)
            ],
        }

    def bundle(
        self, claims: Json, cosigners: Sequence[Signer] | None = None, at: int | None = None, **place: Any
    ) -> str:
        """A signed bundle, entered into the log and cosigned."""
        found = self.place(
            self.enter(claims),
            self.witnesses if cosigners is None else cosigners,
            claims["iat"] if at is None else at,
        )
        return self.nation.bundle({**claims, "log": {**found, **place}})


def cases(make: Callable[[str, str, Json], Case]) -> list[Case]:
    """`make`: a case by its name, what is expected, and what is pinned."""
    log = Log(Nation())
    nation, (one, two, _) = log.nation, log.witnesses
    first = nation.claims(**log.named)
    held = log.bundle(first)
    more = nation.successor(first, regions=[nation.region(EAST), _with_a_key(nation, WEST)])
    less = nation.successor(first, regions=[nation.region(EAST)])
    alias = Signer("alias.example/witness", SignatureType.COSIGNATURE)
    alias._private = one._private
    alias.key = NoteKey("alias.example/witness", SignatureType.COSIGNATURE, one.key.public)
    stranger = witness("a.example/witness")
    forked = Log(nation, SmallLog(log.log.signer, [b"another beginning"]), log.witnesses)

    def case(name: str, expected: str) -> Case:
        return make(f"witnesses: {name}", expected, log.pinned)

    def begun(name: str, expected: str) -> Case:
        return case(name, expected).load(held)

    found = [
        case("the first with all of them", "ok").load(held),
        case("the first with two", "ok").load(log.bundle(first, [one, two])),
        case("the first with one", "invalid_token").load(log.bundle(first, [one])),
        case("the first in no log", "invalid_token").load(nation.bundle(first)),
        begun("more trust with two", "ok").load(log.bundle(more, [one, two])),
        begun("more trust with one", "invalid_token").load(log.bundle(more, [one])),
        begun("more trust with one twice", "invalid_token").load(log.bundle(more, [one, one])),
        begun("more trust with one by two names", "invalid_token").load(log.bundle(more, [one, alias])),
        begun("more trust with a stranger", "invalid_token").load(log.bundle(more, [one, stranger])),
        begun("more trust, signed too long ago", "invalid_token").load(log.bundle(more, at=NOW - 601)),
        begun("more trust, signed in time to come", "invalid_token").load(log.bundle(more, at=NOW + 61)),
        begun("more trust in no log", "invalid_token").load(nation.bundle(more)),
        begun("more trust with a changed proof", "invalid_token").load(
            log.bundle(more, proof=[base64.b64encode(bytes(32)).decode()])
        ),
        begun("more trust with a proof too long", "invalid_token").load(
            log.bundle(more, proof=[base64.b64encode(bytes(32)).decode()] * 70)
        ),
        begun("more trust with another index", "invalid_token").load(log.bundle(more, index=0)),
        begun("more trust with another entry", "invalid_token").load(
            log.bundle(more, entry='{"action":"bundle"}')
        ),
        begun("more trust with no checkpoint", "invalid_token").load(log.bundle(more, checkpoint="nothing")),
        begun("more trust with a checkpoint of no text", "invalid_token").load(
            log.bundle(more, checkpoint=7)
        ),
        begun("less trust in no log", "ok").load(nation.bundle(less)),
        begun("less trust with one", "ok").load(log.bundle(less, [one])),
        begun("what less trust takes away is gone", "invalid_token")
        .load(nation.bundle(less))
        .verify(nation.token(WEST)),
        begun("a lower ceiling alone", "ok").load(
            nation.bundle(
                nation.successor(
                    first, regions=[nation.region(EAST, acr_ceiling=f"{ACR}1"), nation.region(WEST)]
                )
            )
        ),
        begun("a revoked key alone", "ok").load(
            nation.bundle(nation.successor(first, revoked=[_revoked(nation)]))
        ),
        begun("a key that was revoked comes back", "invalid_token")
        .load(log.bundle(revoking := nation.successor(first, revoked=[_revoked(nation)])))
        .load(nation.bundle(nation.successor(revoking, revoked=[]))),
        begun("a longer freshness alone", "invalid_token").load(
            nation.bundle(nation.successor(less, freshness={**FRESHNESS, f"{ACR}3": 86_400}))
        ),
        begun("fewer witnesses alone", "invalid_token").load(
            nation.bundle(nation.successor(first, witnesses={"quorum": 0, "keys": []}))
        ),
        begun("a key of the hub alone", "invalid_token").load(
            nation.bundle(
                nation.successor(
                    first, bundle_jwks={"keys": [*nation.pinned["keys"], public(ec_key(), alg="ES256")]}
                )
            )
        ),
        begun("the same, signed again without witnesses, is no younger", "temporarily_unavailable")
        .load(nation.bundle({**first, "iat": NOW + 700, "exp": NOW + 90_000}), NOW + 700)
        .verify(nation.token(iat=NOW + 700, exp=NOW + 900, acr=f"{ACR}3"), NOW + 700, acr=f"{ACR}3"),
        begun("the same, cosigned again, is younger", "ok")
        .load(log.bundle({**first, "iat": NOW + 700, "exp": NOW + 90_000}), NOW + 700)
        .verify(nation.token(iat=NOW + 700, exp=NOW + 900, acr=f"{ACR}3"), NOW + 700, acr=f"{ACR}3"),
        begun("two roots of one size", "invalid_token").load(
            forked.bundle({**first, "iat": NOW + 1}), NOW + 1
        ),
        begun("a log that became shorter", "invalid_token")
        .load(log.bundle({**first, "iat": NOW + 1, "exp": NOW + 90_000}), NOW + 1)
        .load(forked.bundle(more), NOW + 1),
    ]
    return [*found, *_of_a_known_log(make, log, first), *_of_what_is_not_admitted(log, first, held, begun)]


def _of_a_known_log(make: Callable[[str, str, Json], Case], log: Log, first: Json) -> list[Case]:
    """Nobody has to cosign, and the log's key is known: by the pinned file, or by the held bundle."""
    nation, nobody = log.nation, {"quorum": 0, "keys": []}
    alone = {**first, "witnesses": nobody}
    more = nation.successor(alone, regions=[nation.region(EAST), _with_a_key(nation, WEST)])

    def case(name: str, expected: str, pinned: Json) -> Case:
        return make(f"a known log: {name}", expected, {**nation.pinned, **pinned})

    pinned = {"log_keys": log.named["log_keys"]}
    return [
        case("the first in it", "ok", pinned).load(log.bundle(alone, [])),
        case("the first in no log", "invalid_token", pinned).load(nation.bundle(alone)),
        case("the first in no log, and no key is known", "ok", {}).load(nation.bundle(alone)),
        case("more trust in no log", "invalid_token", {})
        .load(nation.bundle(alone))
        .load(nation.bundle(more)),
        case("more trust in it", "ok", {}).load(nation.bundle(alone)).load(log.bundle(more, [])),
    ]


def _of_what_is_not_admitted(
    log: Log, first: Json, held: str, begun: Callable[[str, str], Case]
) -> list[Case]:
    """A cosigned change was missed, the witnesses are silent since, and then something is taken away."""
    nation = log.nation
    missed = nation.successor(first, regions=[nation.region(EAST), _with_a_key(nation, WEST)])
    removal = nation.bundle(nation.successor(missed, regions=[missed["regions"][1]]))
    lower = {**_with_a_key(nation, WEST), "acr_ceiling": f"{ACR}1"}
    lowered = nation.bundle(nation.successor(missed, regions=[nation.region(EAST), lower]))
    revoking = nation.bundle(nation.successor(missed, revoked=[_revoked(nation)]))
    suspended = nation.successor(first, regions=[nation.region(EAST)])
    back = nation.bundle(nation.successor(missed, lineage={**missed["lineage"]}))
    strong = {"acr": f"{ACR}2"}
    entry = log.enter(first)
    return [
        begun("a removal after something that was missed is not admitted", "invalid_token").load(removal),
        begun("but obeyed", "invalid_token").load(removal).verify(nation.token(EAST)),
        begun("and nothing else of it", "ok").load(removal).verify(nation.token(WEST)),
        begun("a lower ceiling is obeyed", "invalid_token")
        .load(lowered)
        .verify(nation.token(WEST), **strong),
        begun("and leaves the rest", "ok").load(lowered).verify(nation.token(EAST), **strong),
        begun("a revoked key is obeyed", "invalid_token").load(revoking).verify(nation.token(WEST)),
        begun("what nobody stands by does not bring it back", "invalid_token")
        .load(removal)
        .load(back)
        .verify(nation.token(EAST)),
        begun("what is witnessed does", "ok")
        .load(removal)
        .load(log.bundle(nation.successor(missed)))
        .verify(nation.token(EAST)),
        begun("something unknown with a removal", "invalid_token").load(
            nation.bundle({**suspended, "delegates": ["somebody"]})
        ),
        begun("something unknown of a region with a removal", "invalid_token").load(
            nation.bundle({**suspended, "regions": [{**nation.region(EAST), "delegates": ["somebody"]}]})
        ),
        begun("an earlier signing of the same", "ok")
        .load(_signed_at(log, first, entry, NOW + 2, None), NOW + 2)
        .load(_signed_at(log, first, entry, NOW + 3, entry + 1), NOW + 3),
        begun("one signature twice", "invalid_token").load(_with_a_line_twice(log, missed)),
    ]


def _signed_at(log: Log, claims: Json, index: int, at: int, size: int | None) -> str:
    """The same content, signed later, with a head of the log of this size."""
    place = log.place(index, log.witnesses, at, size)
    return log.nation.bundle({**claims, "iat": at, "log": place})


def _with_a_line_twice(log: Log, claims: Json) -> str:
    place = log.place(log.enter(claims), log.witnesses, NOW)
    last = place["checkpoint"].rstrip("\n").rpartition("\n")[2]
    return log.nation.bundle({**claims, "log": {**place, "checkpoint": f"{place['checkpoint']}{last}\n"}})


def _with_a_key(nation: Nation, issuer: str) -> Json:
    region = nation.region(issuer)
    keys = [*region["op_metadata"]["jwks"]["keys"], public(ec_key())]
    return {**region, "op_metadata": {**region["op_metadata"], "jwks": {"keys": keys}}}


def _revoked(nation: Nation) -> Json:
    kid = nation.keys[WEST].thumbprint()
    return {"issuer": WEST, "kid": kid, "at": NOW, "reason": "compromised"}
