"""Units of the web layer."""
