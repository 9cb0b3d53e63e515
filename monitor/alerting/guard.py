"""Which addresses an alert may be sent to: only those of the open internet.

A route's address is a setting, and settings are edited by more people than may reach the machine's own
network. So the address that is really connected to is looked at, whatever name led there and however often
it was looked up, redirected or rebound on the way.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# Not told apart by `is_global`, or only by newer Pythons.
_REFUSED = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10",  # shared by carriers; also a cloud's metadata service
        "168.63.129.16/32",  # a public number that one cloud uses inside each machine
        "192.0.0.0/24",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "fec0::/10",
        "ff00::/8",
    )
)
_NAT64 = tuple(ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48"))


def is_private(text: str) -> bool:
    """Whether an IP address leads anywhere but into the open internet; what is no address counts as such."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return True
    if isinstance(address, IPv6Address):
        inner = _inside(address)
        if inner is not None:
            return is_private(str(inner))
    return not address.is_global or any(
        address in network for network in _REFUSED if network.version == address.version
    )


def _inside(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    packed = address.packed
    if any(address in network for network in _NAT64) or packed[:12] == bytes(12):
        return IPv4Address(packed[12:])
    return None
