"""The transparency log: a Merkle tree that shows everybody what was changed, and that nothing was unseen.

Owns hashing and proofs (RFC 6962), tiles, checkpoints and cosignatures (C2SP), what a leaf says, what a witness may
sign, and verifying all of it offline. Pure. Does not own where entries are kept (`idp.storage`), nor who appends them.
"""
