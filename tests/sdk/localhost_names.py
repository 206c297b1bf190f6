"""Lets names below `.localhost` resolve in this process where the machine's resolver does not know them.

RFC 6761 section 6.3 says that every such name is loopback. Browsers, curl and systemd's resolver follow it; plain glibc,
as in most containers, does not, and then a user adds a line to the hosts file or installs libnss-myhostname. A test run
must not change the machine, so it gives this process the same answer. The SDKs themselves stay unmodified: they call the
resolver of the standard library as always.
"""

import socket

_real = socket.getaddrinfo


def resolve_in_this_process():
    """Installs the answer, if the machine does not give it."""
    try:
        _real("dev.vault.localhost", 443)
    except socket.gaierror:
        socket.getaddrinfo = _getaddrinfo


def _getaddrinfo(host, *arguments, **options):
    name = host.decode() if isinstance(host, bytes) else host
    if isinstance(name, str) and name.rstrip(".").lower().endswith(".localhost"):
        host = "127.0.0.1"
    return _real(host, *arguments, **options)
