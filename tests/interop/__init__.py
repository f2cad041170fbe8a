"""Clients nobody here wrote, against the real server: npm openid-client, and Authlib for Flask and requests."""
