"""What was said is kept before it is sent: `spi` is the interface, `memory` keeps it while the process lives."""
