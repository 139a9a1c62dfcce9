"""The guard of conftest stops what would leave this machine, and lets loopback pass."""

import socket

import pytest


@pytest.mark.parametrize("address", ["192.0.2.1", "198.51.100.7"])
def test_a_connection_beyond_this_machine_is_refused(address, network_attempts):
    with socket.socket(socket.AF_INET) as sock, pytest.raises(OSError, match="tests reach no network"):
        sock.connect((address, 9))
    assert network_attempts
    network_attempts.clear()


def test_a_datagram_beyond_this_machine_is_refused(network_attempts):
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
        pytest.raises(OSError, match="tests reach no network"),
    ):
        sock.sendto(b"x", ("192.0.2.1", 9))
    network_attempts.clear()


def test_a_name_is_not_looked_up(network_attempts):
    with pytest.raises(OSError, match="tests reach no network"):
        socket.create_connection(("example.org", 80), timeout=1)
    network_attempts.clear()


def test_loopback_passes(network_attempts):
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            assert client.getpeername() == server.getsockname()
        with socket.create_connection(("localhost", server.getsockname()[1])):
            pass
    assert not network_attempts
