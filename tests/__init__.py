"""Tests, by what they look at; CONTRIBUTING.md says which folder is for what."""
