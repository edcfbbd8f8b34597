"""Is a host this machine? For what is open to whoever is on it, and to nobody else."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def host_of(netloc: str) -> str:
    """The host of a Host header or of an origin's last part, without its port; "" of what is none."""
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""


def is_loopback(netloc: str) -> bool:
    name = host_of(netloc)
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
