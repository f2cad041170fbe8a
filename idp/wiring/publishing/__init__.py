"""What our own entities say in a federation: statements, marks and keys, signed once and kept."""
