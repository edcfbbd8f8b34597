"""CTI platforms, each behind the same small interface: `spi`."""
