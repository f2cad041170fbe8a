"""The staff's API: the same actions as the console's pages, as JSON, for a staff member's API token."""
