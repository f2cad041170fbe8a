"""Units of the rules about staff and change requests."""
