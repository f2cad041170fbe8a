"""What is told to others when something ends: back-channel logout, from an outbox that loses nothing.

Owns logout tokens and when they are sent again. Does not own sessions (`idp.authn`) or messages to people
(`idp.authn.post`).
"""
