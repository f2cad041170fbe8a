"""Tables of mini-apps on their way: where each stands, what was done with it, the directory, and counts."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    UniqueConstraint,
)

from idp.registry.life_cycle import Move, Stage, Standing
from idp.storage.columns import ROW_NUMBER, count, json, metadata, moment, name, one_of, text

apps = Table(
    "apps",
    metadata,
    name("client_id", primary_key=True),
    name("organisation"),
    name("standing"),
    name("stage"),
    count("revision"),
    json("name"),
    json("candidate", nullable=True),
    json("in_force", nullable=True),
    name("submitted_by", nullable=True),
    name("reviewed_by", nullable=True),
    name("suspended_by", nullable=True),
    text("returned_for"),
    text("reason"),
    moment("since_at"),
    moment("published_at", nullable=True),
    moment("retires_at", nullable=True),
    one_of("standing", Standing),
    one_of("stage", Stage),
    CheckConstraint("reviewed_by <> submitted_by", name="two_people"),
    CheckConstraint("stage <> 'approved' OR reviewed_by IS NOT NULL", name="reviewed"),
    CheckConstraint(
        "standing NOT IN ('published', 'suspended') OR in_force IS NOT NULL", name="published_version"
    ),
    CheckConstraint("standing <> 'retiring' OR retires_at IS NOT NULL", name="last_day"),
    Index("ix_apps_organisation_client_id", "organisation", "client_id"),
    Index("ix_apps_stage_client_id", "stage", "client_id"),
    Index("ix_apps_standing_client_id", "standing", "client_id"),
)
"""No foreign key to `clients`: a draft has no client yet. Members of staff are named by ids that nobody reuses."""

app_moves = Table(
    "app_moves",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    name("client_id", ForeignKey("apps.client_id", ondelete="CASCADE")),
    count("revision"),
    name("move"),
    moment("happened_at"),
    name("staff_id", nullable=True),
    text("note"),
    one_of("move", Move),
    UniqueConstraint("client_id", "revision"),
)
"""What was done with each mini-app, append only. Two moves from one revision cannot both be here."""

app_versions = Table(
    "app_versions",
    metadata,
    name("client_id", ForeignKey("apps.client_id", ondelete="CASCADE"), primary_key=True),
    name("version", primary_key=True),
    moment("since_at"),
)
"""Which versions were in force, by the digest of every member (`idp.registry.versions`), and since when first."""

app_appeals = Table(
    "app_appeals",
    metadata,
    name("client_id", ForeignKey("apps.client_id", ondelete="CASCADE"), primary_key=True),
    count("suspension", primary_key=True, autoincrement=False),
    name("suspended_by"),
    name("appealed_by"),
    text("appeal"),
    moment("appealed_at"),
    name("answered_by", nullable=True),
    text("answer"),
    moment("answered_at", nullable=True),
    CheckConstraint("answered_by <> suspended_by", name="two_people"),
    CheckConstraint("(answered_by IS NULL) = (answered_at IS NULL)", name="answered_once"),
)
"""One appeal for each suspension, by the revision that it made."""

app_logos = Table(
    "app_logos",
    metadata,
    name("digest", primary_key=True),
    Column("png", LargeBinary(), nullable=False),
    moment("created_at"),
)
"""Pictures as we made them anew, by the SHA-256 of their bytes."""

app_names = Table(
    "app_names",
    metadata,
    name("skeleton", primary_key=True),
    name("client_id", ForeignKey("apps.client_id", ondelete="CASCADE"), primary_key=True, index=True),
    text("name"),
)
"""Names of published mini-apps as they look at a quick glance (`idp.registry.likeness`)."""

app_keys = Table(
    "app_keys",
    metadata,
    name("thumbprint", primary_key=True),
    name("client_id", ForeignKey("apps.client_id", ondelete="CASCADE"), primary_key=True, index=True),
)
"""Keys that a mini-app submitted or published. Spec: RFC 7638."""

directory = Table(
    "directory",
    metadata,
    Column("place", ROW_NUMBER, primary_key=True),
    name("client_id", ForeignKey("apps.client_id", ondelete="CASCADE"), unique=True),
    json("card"),
    moment("since_at"),
)
"""Mini-apps that citizens find: the published ones and no others."""

directory_words = Table(
    "directory_words",
    metadata,
    name("word", primary_key=True),
    Column(
        "place",
        BigInteger(),
        ForeignKey("directory.place", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    ),
)
"""Under which words each is found. Read backwards along the key, so that no search sorts anything."""

app_figures = Table(
    "app_figures",
    metadata,
    name("client_id", primary_key=True),
    count("day", primary_key=True, autoincrement=False),
    name("what", primary_key=True),
    count("total"),
)
"""Counts by mini-app and day (days since 1970, UTC): nothing about anybody."""

app_counting = Table(
    "app_counting",
    metadata,
    name("source", primary_key=True),
    count("counted_until"),
)
"""How far each source of figures was counted: an id of the audit trail, or an instant."""
