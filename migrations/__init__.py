"""Changes of the database schema, run by `idp db` through `idp.storage.management`."""
