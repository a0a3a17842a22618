"""Whether a name means this machine and no other."""

import ipaddress


def is_loopback(host: str) -> bool:
    """`localhost`, 127.0.0.0/8 and ::1, as one writes them in an address (brackets or not)."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_of(header: str) -> str:
    """The host of a `Host` header, without its port."""
    head, colon, port = header.rpartition(":")
    return head if colon and not port.endswith("]") else header
