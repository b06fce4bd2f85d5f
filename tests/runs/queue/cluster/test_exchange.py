"""What scheduler and nodes tell each other."""

from kdstudio.runs.queue.cluster.bringing import Bundle
from kdstudio.runs.queue.cluster.exchange import Exchange

ONE, TWO, THREE = (Bundle(name, {}) for name in ("one", "two", "three"))


def test_news_come_once_in_order_and_wishes_stay():
    exchange = Exchange()
    assert exchange.tell("a", [ONE]) == "go on"
    assert exchange.tell("a", [TWO]) == "go on"
    assert exchange.tell("b", [THREE]) == "go on"
    assert exchange.hear("a", "pause") == [ONE, TWO]
    assert exchange.hear("a", "pause") == []
    assert [exchange.tell("a", []), exchange.tell("a", []), exchange.tell("b", [])] == ["pause"] * 2 + [
        "go on"
    ]


def test_what_has_ended_is_forgotten():
    exchange = Exchange()
    exchange.tell("a", [ONE])
    exchange.hear("a", "stop")
    exchange.tell("a", [TWO])
    exchange.forget("a")
    assert exchange.tell("a", []) == "go on"
    assert exchange.hear("a", "go on") == []
