"""The token endpoint: who calls (`client_authentication`), what they redeem, what they get (`issue`).

The order is always the same: read and check everything, consume in one statement, then mint. A failed check consumes
nothing; nothing is minted that was not first consumed.
"""
