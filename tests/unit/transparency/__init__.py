"""Units of the transparency log."""
