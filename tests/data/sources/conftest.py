"""No test of a data set goes online."""

import socket

import pytest


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Every connection fails, as without network."""

    def refuse(*_args, **_more):
        raise OSError("the network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def mirror(tmp_path):
    """Folder of what is published."""
    return tmp_path / "mirror"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The data folder: not there yet."""
    monkeypatch.setenv("KDSTUDIO_DATA", str(tmp_path / "data"))
    return tmp_path / "data"
