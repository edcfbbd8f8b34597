"""A small switch behind a small AES: what the CSTA adapter can be tried against where there is no real one."""
