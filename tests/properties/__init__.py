"""Promises that hold for any input."""
