"""Every setting: what it is, how it is read, and what must not be run with it.

Read from the environment (`IDP_…`) and, below it, from a TOML file named by `IDP_SETTINGS_FILE` with the same names in
lower case. Start-up lists every problem at once and refuses what would be unsafe in production.
"""

from __future__ import annotations

from idp.settings.reading import BadSettings, load
from idp.settings.safety import unsafe
from idp.settings.values import DatabaseSync, Mode, Network, Role, Settings

__all__ = ["BadSettings", "DatabaseSync", "Mode", "Network", "Role", "Settings", "load", "unsafe"]
