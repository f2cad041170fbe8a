"""A hub that keeps a log and names witnesses, on the loopback interface: honest unless a test makes it lie."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idp.transparency.checkpoint import SignedCheckpoint
from idp.transparency.leaves import LogName
from idp.trustlist.bundle import content_hash
from idp.wiring.witnessing.log import origin_of
from tests.support.followed_hub import FollowedHub, at
from tests.support.witnesses import Signer, SmallLog, witness

Json = dict[str, Any]


@dataclass
class WitnessedHub:
    """Around a followed hub, with three witnesses of which two have to stand by what gives trust."""

    hub: FollowedHub
    quorum: int = 2
    witnesses: list[Signer] = field(
        default_factory=lambda: [witness(f"{name}.example/witness") for name in ("east", "west", "north")]
    )
    log: SmallLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = SmallLog(Signer(origin_of(self.hub.address, LogName.TRUST)), [b"something earlier"])

    @property
    def named(self) -> Json:
        """What the file of keys says beside the keys, and every content."""
        return {
            "log_keys": [str(self.log.signer.key)],
            "witnesses": {"quorum": self.quorum, "keys": [str(one.key) for one in self.witnesses]},
        }

    def publish(
        self,
        now: datetime,
        *cosigners: Signer,
        cosigned_at: datetime | None = None,
        seq: int | None = None,
        **changes: Any,
    ) -> Json:
        """The next content, in the log, and cosigned by these, by default by everybody."""
        before = self.hub.contents[-1] if self.hub.contents else None
        nation = self.hub.nation
        claims = nation.successor(before) if before else nation.claims(iss=self.hub.address, **self.named)
        content = {**claims, **at(now), **changes}
        content = content if seq is None else {**content, "seq": seq}
        self.hub.contents.append(content)
        index = self.enter(content)
        signed = self.cosigned(cosigners or self.witnesses, cosigned_at or now)
        self.hub.serve({**content, "log": self.place(index, signed)})
        return content

    def enter(self, content: Json) -> int:
        """Put a content into the log; its number there."""
        index = len(self.log.entries)
        self.log.entries.append(entry_about(content, index))
        return index

    def cosigned(
        self, cosigners: Sequence[Signer], now: datetime, size: int | None = None
    ) -> SignedCheckpoint:
        return self.log.cosigned(*cosigners, now=now, size=size)

    def place(self, index: int, signed: SignedCheckpoint) -> Json:
        """Where a content stands, as the bundle says it."""
        size = signed.checkpoint.size
        return {
            "checkpoint": str(signed),
            "index": index,
            "entry": self.log.entries[index].decode(),
            "proof": [base64.b64encode(one).decode() for one in self.log.inclusion(index, size)],
        }

    def serve(self, content: Json, now: datetime, place: Json | None) -> None:
        """Sign a content again, with whatever place."""
        said = {name: value for name, value in content.items() if name != "log"}
        self.hub.serve({**said, **at(now), **({} if place is None else {"log": place})})


def entry_about(content: Json, index: int) -> bytes:
    """The entry of a content, as the hub writes it."""
    entry = {
        "action": "bundle",
        "after_hash": content_hash(content),
        "log_seq": index,
        "seq": content["seq"],
        "v": 1,
    }
    return json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
