"""Natural persons: what a region knows about them, and what they agreed to share.

Owns people, names and consent. Does not prove who somebody is (`idp.authn`).
"""
