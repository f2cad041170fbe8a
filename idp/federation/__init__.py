"""Federated trust by OpenID Federation 1.0: what a statement must look like, when a chain holds, what policy allows.

Owns entity statements, trust chains, metadata policy, constraints, trust marks and both kinds of registration. Pure: no
clock, no network, no database, and no signature of its own. Does not own the list of regions and its bundle
(`idp.trustlist`), fetching (`idp.adapters`), or what a client may do (`idp.oidc`).
"""
