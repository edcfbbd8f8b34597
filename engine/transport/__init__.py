"""WebSockets: agent desktops, and whoever else speaks so. Only here is trio-websocket known, and the traps it has."""
