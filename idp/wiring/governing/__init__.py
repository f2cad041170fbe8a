"""Governed changes: what each kind of change request checks, shows and does, joined from the other domains."""
