"""Making things happen on a running simulator: over HTTP, and by `ixp simulate`."""
