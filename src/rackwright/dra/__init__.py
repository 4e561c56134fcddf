"""DRA: which devices the drivers must publish for a server, and claims that ask for them aligned."""
