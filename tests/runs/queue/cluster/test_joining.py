"""Clusters that cannot be joined: one message each, soon."""

import socket

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.queue.cluster import joining
from kdstudio.runs.queue.cluster.joining import joined


@pytest.fixture(autouse=True)
def no_ray(monkeypatch):
    """Loading it takes seconds, and nothing here gets so far."""
    monkeypatch.setattr(joining, "_ray", lambda: None)


@pytest.fixture
def port():
    """One where somebody listens who is no cluster."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def refused(address):
    with pytest.raises(KDStudioError) as found, joined(address):
        pass
    return str(found.value)


@pytest.mark.parametrize("address", ["", "here", "here:", ":6379", "ray://here", "here:door"])
def test_what_is_no_address_is_told(address):
    assert refused(address).startswith(f"'{address}' is no address of a Ray cluster; give HOST:PORT")


@pytest.mark.parametrize("start", ["", "ray://"])
def test_where_nobody_answers_it_is_told_at_once(start, port):
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    told = refused(f"{start}127.0.0.1:{closed}")
    assert f"no Ray cluster can be joined at '{start}127.0.0.1:{closed}' (Connection refused)" in told
    assert "'ray start --head' begins one" in told


def test_what_is_no_cluster_is_waited_for_no_longer_than_is_said(monkeypatch, port):
    monkeypatch.setattr(joining, "TRY", "import time; time.sleep(60)")
    monkeypatch.setattr(joining, "JOIN_SECONDS", 1.0)
    assert "(it let nobody join within 1 s)" in refused(f"127.0.0.1:{port}")


def test_why_it_cannot_be_joined_is_told_in_its_last_line(monkeypatch, port):
    monkeypatch.setattr(joining, "TRY", "raise ConnectionError('version mismatch')")
    assert "(ConnectionError: version mismatch)" in refused("auto")
    monkeypatch.setattr(joining, "TRY", "raise SystemExit(15)")
    assert "(exit code 15)" in refused(f"127.0.0.1:{port}")
