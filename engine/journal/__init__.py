"""What was said is kept before it is sent. `spi` is the interface, `sqlite` keeps it in a file, `memory` nowhere."""
