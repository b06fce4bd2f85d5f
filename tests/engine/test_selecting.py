"""Networks chosen by kind, role and coordinates, and what belongs to them."""

from kdstudio.engine.identity import Identity
from kdstudio.engine.selecting import Fitting, fits, nearest, spoken_selector


def network(kind, role="student", **coordinates):
    return Identity(role=role, kind=kind, coordinates=coordinates)


def test_all_that_is_named_must_fit():
    peer = network("peer", "net-1", way="mutual", seed=0)
    assert fits(peer, {})
    assert fits(peer, {"kind": "peer", "way": "mutual"})
    assert not fits(peer, {"kind": "peer", "role": "net-2"})
    assert not fits(peer, {"generation": 1})


def test_what_belongs_to_a_network_is_of_its_seed_and_role_and_shares_the_most():
    controls = [network("control", role, seed=s) for role in ("net-1", "net-2") for s in (0, 1)]
    assert nearest(network("peer", "net-2", seed=1), controls, {"kind": "control"}) == [controls[3]]
    generations = [network("student", generation=n) for n in (1, 2)]
    (second,) = nearest(network("ensemble", generation=2), generations, {"kind": "student"})
    assert second.coordinates == {"generation": 2}
    assert nearest(network("student", seed=1), [network("control", seed=0)], {"kind": "control"}) == []


def test_the_setting_that_is_named_may_differ_and_words_always_may():
    cold, warm = (network("student", **{"strategy.temperature": t, "seed": 0}) for t in (1, 20))
    assert nearest(warm, [cold, warm], {"strategy.temperature": 1}) == [cold]
    assert nearest(warm, [cold], {"kind": "student"}) == []
    ways = [network("control", method=method) for method in ("all outputs", "labels alone")]
    assert nearest(network("student"), ways, {"kind": "control"}) == ways


def test_a_selector_is_spoken():
    assert spoken_selector({"kind": "student", "temperature": 20.0}) == "kind = student, temperature = 20"


def test_many_ask_one_table_and_get_what_each_would_alone():
    path = "strategy.temperature"
    places = [{}, {path: 1}, {path: 4}, {path: 4, "way": "mutual"}, {"generation": 1}, {path: 1, "seed": 0}]
    controls = [network("control", **place) for place in places]
    fitting = Fitting(controls, {"kind": "control"})
    for value, wanted in ((4, [2, 3]), (9, [0, 4]), (1, [1, 5]), (4, [2, 3])):
        found = fitting.nearest(network("student", **{path: value}))
        assert found == [controls[place] for place in wanted]
