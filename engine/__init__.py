"""Tasks, sockets and files: everything that waits lives here, on trio."""
