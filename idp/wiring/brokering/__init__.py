"""The broker at work: a person sent to their home region, what comes back, and signing out on both sides."""
