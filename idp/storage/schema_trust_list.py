"""Tables of the hub: the trust list, what was published of it, and how far the regions are."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Table

from idp.storage.columns import count, flag, json, level, metadata, moment, name, one_of, text
from idp.trustlist.bundle import RegionStatus

trust_regions = Table(
    "trust_regions",
    metadata,
    name("op", primary_key=True),
    json("name"),
    name("status"),
    moment("since_at"),
    name("reason"),
    level("ceiling"),
    json("domains"),
    text("statement"),
    text("op_statement"),
    text("rp_statement"),
    json("op_metadata"),
    json("rp_metadata"),
    name("meaning"),
    moment("renew_at"),
    moment("expires_at"),
    one_of("status", RegionStatus),
)
"""Every region that was ever listed, by the entity id of its provider."""

trust_region_keys = Table(
    "trust_region_keys",
    metadata,
    name("op", ForeignKey("trust_regions.op"), primary_key=True),
    name("thumbprint", primary_key=True),
    json("jwk"),
    flag("is_former"),
)
"""Federation keys of the regions. None is ever deleted: with a former key nobody comes back."""

trust_revoked_keys = Table(
    "trust_revoked_keys",
    metadata,
    name("issuer", primary_key=True),
    name("kid", primary_key=True),
    moment("revoked_at"),
    name("reason"),
)

trust_visits = Table(
    "trust_visits",
    metadata,
    name("op", ForeignKey("trust_regions.op"), primary_key=True),
    moment("due_at"),
    moment("visited_at", nullable=True),
    moment("configured_at"),
    text("fault"),
)
"""When a region is visited next, and how the last visit went. `configured_at` is the date of the newest configuration
that we believed: an older one is none any more."""

trust_contents = Table(
    "trust_contents",
    metadata,
    count("seq", primary_key=True, autoincrement=False),
    name("hash"),
    json("content", nullable=True),
    text("signed", nullable=True),
    moment("signed_at"),
    moment("published_at"),
    count("log_index", nullable=True),
)
"""Every content of the trust bundle by its number, and where the trust log has it. The newest has the signed bundle
too; of old ones the hash stays."""

trust_reports = Table(
    "trust_reports",
    metadata,
    name("op", ForeignKey("trust_regions.op"), primary_key=True),
    count("seq"),
    moment("reported_at"),
    name("jti"),
    moment("told_at", nullable=True),
)
"""The newest report of each region about what it honours. `told_at`: of the newest that counts visitors too."""

told_visitors = Table(
    "told_visitors",
    metadata,
    name("op", ForeignKey("trust_regions.op"), primary_key=True),
    name("home_iss", ForeignKey("trust_regions.op"), primary_key=True, index=True),
    count("sessions"),
    count("above_1"),
    count("above_2"),
    count("people"),
    count("apps"),
)
"""What each region told of people of the others there, in whole tens. `above_…`: sessions of a higher level."""
