"""The load tool, `ixp bench`: what a server takes, and how long desktops wait for it."""
