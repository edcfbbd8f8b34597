"""Agent desktops over WebSocket. The only place that knows trio-websocket, and the traps it has."""
