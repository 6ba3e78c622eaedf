"""Under which names and addresses this machine is reached in its own network."""

import ipaddress
import socket

import psutil


def own_addresses() -> tuple[str, ...]:
    """Addresses of this machine's network cards under which others reach it, IPv4 first."""
    found = []
    for cards in psutil.net_if_addrs().values():
        for card in cards:
            if card.family in (socket.AF_INET, socket.AF_INET6):
                address = ipaddress.ip_address(card.address.partition("%")[0])
                if not (address.is_loopback or address.is_link_local):  # neither is of use in another's browser
                    found.append(address)
    found.sort(key=lambda address: address.version)
    return tuple(dict.fromkeys(map(str, found)))


def own_names() -> tuple[str, ...]:
    """Everything a browser in the same network may call this machine: addresses, its name, and that with `.local`."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return (*own_addresses(), *dict.fromkeys((name, short, f"{short}.local")))
