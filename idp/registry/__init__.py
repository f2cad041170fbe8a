"""The registry of mini-apps: what one must look like to get in, and what it gets.

Owns the rules of registration, the client's secret, and what an edit may change. Pure: rows are in
`idp.storage`, what a registered client may do is in `idp.oidc`, the command line is `idp.cli.client`.
"""
