"""Tables of figures: what dashboards show, by the hour, and how far what is counted later has been counted."""

from __future__ import annotations

from sqlalchemy import PrimaryKeyConstraint, Table

from idp.storage.columns import count, json, metadata, moment, name

figure_hours = Table(
    "figure_hours",
    metadata,
    moment("hour"),
    name("name"),
    name("label"),
    count("amount"),
    PrimaryKeyConstraint("hour", "name", "label"),
)
"""How often something happened in an hour. Never an id of a person or a session: labels are words of ours, or the
issuer of a region."""

figure_positions = Table(
    "figure_positions",
    metadata,
    name("name", primary_key=True),
    count("position"),
    moment("moved_at"),
)
"""`events`: the last line of the audit trail that was counted. `probe`: written to see whether anything can be."""

figure_runs = Table(
    "figure_runs",
    metadata,
    name("run", primary_key=True),
    json("numbers"),
    moment("added_at", index=True),
)
"""What had stood on the board of a running server when it was last added to the hours."""
