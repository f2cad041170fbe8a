"""The protocol, rule by rule."""
