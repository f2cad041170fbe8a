"""Tables of the staff: who they are, their roles, how they come in, and whether the installation is governed."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from idp.governance.roles import StaffRole
from idp.governance.staff import BREAK_GLASS_LIFETIME
from idp.storage.columns import count, digest, flag, json, metadata, moment, name, one_of, text

_OF_MEMBER = "staff.id"
_HOUR = int(BREAK_GLASS_LIFETIME.total_seconds() * 1000)

staff = Table(
    "staff",
    metadata,
    name("id", primary_key=True),
    text("name"),
    text("organisation", nullable=True),
    moment("created_at"),
    moment("joined_at", nullable=True),
    name("link_made_by", nullable=True),
    moment("deactivated_at", nullable=True),
)
"""One row a person. Nobody's account: citizens have their own tables, and a hub has none of them."""

staff_roles = Table(
    "staff_roles",
    metadata,
    name("staff_id", ForeignKey(_OF_MEMBER, ondelete="CASCADE")),
    name("role"),
    moment("granted_at"),
    moment("expires_at", nullable=True),
    name("granted_by"),
    PrimaryKeyConstraint("staff_id", "role"),
    one_of("role", StaffRole),
    # Whatever writes here: this role lasts an hour, and no other role ends by itself.
    CheckConstraint(
        f"(role = '{StaffRole.BREAK_GLASS}') = (expires_at IS NOT NULL)"
        f" AND (expires_at IS NULL OR expires_at - granted_at <= {_HOUR})",
        name="lasts",
    ),
)

staff_links = Table(
    "staff_links",
    metadata,
    digest("digest", primary_key=True),
    name("staff_id", ForeignKey(_OF_MEMBER, ondelete="CASCADE"), index=True),
    name("made_by"),
    moment("created_at"),
    moment("expires_at", index=True),
    moment("consumed_at", nullable=True),
)
"""One-time links of those who have not joined yet. Whoever made a link could have used it."""

staff_passkeys = Table(
    "staff_passkeys",
    metadata,
    Column("credential_id", LargeBinary(), primary_key=True, nullable=False),
    name("staff_id", ForeignKey(_OF_MEMBER, ondelete="CASCADE")),
    name("id"),
    Column("public_key", LargeBinary(), nullable=False),
    count("sign_count"),
    flag("is_backup_eligible"),
    flag("is_backed_up"),
    name("aaguid"),
    text("transports"),
    text("label"),
    moment("created_at"),
    moment("last_used_at", nullable=True),
    moment("suspended_at", nullable=True),
    UniqueConstraint("staff_id", "id"),
)

staff_challenges = Table(
    "staff_challenges",
    metadata,
    digest("digest", primary_key=True),
    name("purpose"),
    name("account_id", ForeignKey(_OF_MEMBER, ondelete="CASCADE"), nullable=True, index=True),
    digest("bound_to"),
    json("data"),
    moment("created_at"),
    moment("expires_at", index=True),
    count("step"),
    count("wrong_answers"),
    moment("consumed_at", nullable=True),
)
"""The same columns as `challenges`, which are for citizens: a question of one table does not exist in the other."""

staff_sessions = Table(
    "staff_sessions",
    metadata,
    digest("digest", primary_key=True),
    name("id", unique=True),
    name("staff_id", ForeignKey(_OF_MEMBER, ondelete="CASCADE"), index=True),
    moment("created_at"),
    moment("last_seen_at"),
    moment("expires_at", index=True),
    moment("ended_at", nullable=True),
    text("user_agent"),
    text("address"),
)

staff_tokens = Table(
    "staff_tokens",
    metadata,
    digest("digest", primary_key=True),
    name("id", unique=True),
    name("staff_id", ForeignKey(_OF_MEMBER, ondelete="CASCADE"), index=True),
    text("label"),
    text("actions"),
    moment("created_at"),
    moment("expires_at", index=True),
    moment("last_used_at", nullable=True),
    moment("revoked_at", nullable=True),
)
"""API tokens: each with the actions it may take at most."""

governed = Table(
    "governed",
    metadata,
    name("installation", primary_key=True),
    moment("since"),
    CheckConstraint("installation = 'this'", name="installation"),
)
"""One row once two administrators have joined, and then for ever: nothing deletes it."""
