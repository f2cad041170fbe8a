"""Names, claims and new accounts."""
