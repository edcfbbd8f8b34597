"""What an address counts as, where there may be so much of each: who has one of IPv6 has a whole network of them."""

from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Final

NETWORK_BITS: Final = 64
"""The least that a provider gives to a customer."""


def counted_as(address: str) -> str:
    """The /64 of an IPv6 address, the IPv4 address of a mapped one, and else what is given."""
    try:
        found = ip_address(address)
    except ValueError:  # of a peer that is gone
        return address
    if isinstance(found, IPv4Address):
        return address
    return str(found.ipv4_mapped or IPv6Network((found.packed, NETWORK_BITS), strict=False))
