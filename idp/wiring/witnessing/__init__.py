"""The log at work: entries appended, checkpoints signed, witnesses asked, and being a witness for others."""
