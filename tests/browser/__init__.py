"""Chromium against the real server and the real demo mini-app: what a citizen sees, hears and can reach."""
