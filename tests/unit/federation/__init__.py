"""Federated trust, rule by rule."""
