"""What is told to others when something ends or changes, and what they tell us: logout tokens and security events.

Owns those tokens, event streams, and when something is sent again: from an outbox that loses nothing. Does not own
sessions (`idp.authn`), messages to people (`idp.authn.post`), or what follows from what is heard
(`idp.wiring.signalling`).
"""
