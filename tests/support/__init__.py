"""What tests stand on: a private PostgreSQL, Chromium, Node.js, fonts; itself tested here."""
