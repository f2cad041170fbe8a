"""Rows: every table, every SQL statement, one repository a file for each aggregate.

Owns what must be atomic and what must be durable. Repositories take and give the values of the domain packages; a row
never leaves this package. Begin with `stores.py` (what there is), `db.py` (how a statement runs), `schema.py` (tables).
Decides nothing about protocols (`idp.oidc`) or proofs (`idp.authn`).
"""
