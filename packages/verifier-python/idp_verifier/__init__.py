"""Verifies access tokens of every region of a federation, offline: give it the hub's keys and your audience.

`Verifier` answers from the trust bundle that it holds; `Refresher` keeps that bundle fresh in the background.
"""

from .dpop import Remembered
from .errors import NoTrust, Refused
from .refresh import Refresher
from .verifier import Token, Verifier

__all__ = ["NoTrust", "Refresher", "Refused", "Remembered", "Token", "Verifier"]
