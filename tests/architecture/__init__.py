"""Tests of the house itself: who imports whom, what the wheel carries, what the repository may say."""
