import gc
import weakref

import pytest
from PySide6.QtCore import QObject

from kdstudio.gui.garbage import GarbageCollector


@pytest.fixture
def collector(qapp):
    owner = QObject()
    yield GarbageCollector(owner)
    owner.deleteLater()


class Node:
    """Something that only a collector frees."""


def test_cycles_wait_for_the_windows_thread(collector, monkeypatch):
    assert not gc.isenabled()
    node = Node()
    node.itself, freed = node, []
    weakref.finalize(node, freed.append, True)
    del node
    gc.set_threshold(1, 1, 1)
    try:
        many = [Node() for _ in range(10)]
        assert not freed
        collector.collect()
        assert freed
        assert len(many) == 10
    finally:
        gc.set_threshold(700, 10, 10)
