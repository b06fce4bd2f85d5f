from kdstudio.runs.curves import Series
from kdstudio.runs.mean_curves import over_seeds
from tests.results import row


def identities(*rows):
    return {found.name: found for found in rows}


def test_networks_that_differ_in_the_seed_alone_become_their_mean_as_far_as_all_have_come():
    known = identities(*(row("student", 0.5, temperature=t, seed=seed) for t in (1, 4) for seed in (0, 1)))
    curves = {
        "T1 seed-0": Series([1, 2, 3], [0.1, 0.3, 0.9]), "T1 seed-1": Series([1, 2], [0.3, 0.5]),
        "T4 seed-0": Series([1], [0.7]), "T4 seed-1": Series([], []),
    }  # fmt: skip
    found = over_seeds(curves, known)
    assert list(found) == ["T1", "T4"]
    assert found["T1"].x == [1, 2]
    assert [round(y, 9) for y in found["T1"].y] == [0.2, 0.4]
    assert found["T4"] == Series([], [])


def test_one_network_keeps_its_curve_and_strangers_their_names():
    alone, strange = Series([1], [0.5]), Series([1, 2], [0.1, 0.2])
    only = row("student", 0.5, seed=3)
    found = over_seeds({only.name: alone, "nobody": strange}, identities(only))
    assert found == {"student": alone, "nobody": strange}
