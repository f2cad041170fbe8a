"""The list of regions: how the hub edits and publishes it, and how everybody else decides from memory whom to trust.

Owns the entries, the signed bundle, what makes a bundle newer than another, and the snapshot that answers without
network. Does not own statements and chains (`idp.federation`) or fetching and signing (`idp.adapters`).
"""
