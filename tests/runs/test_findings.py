from kdstudio.engine.events import EpochScores
from kdstudio.runs.findings import findings
from kdstudio.runs.generations import born_again_generations
from kdstudio.runs.mutual import mutual_peers
from kdstudio.runs.summary import NetworkSummary, Summary
from tests.small import some_scores


def summary(strategy, networks, roles=("teacher", "student")):
    """A run of ``strategy`` whose ``networks`` have these test accuracies."""
    experiment = {"strategy": strategy, "networks": {role: {} for role in roles}}
    found = {name: network(name, accuracy) for name, accuracy in networks.items()}
    return Summary(name="run", started="2026-01-01T00:00:00", experiment=experiment, networks=found)


def network(name, accuracy):
    scores = some_scores(accuracy)
    last = EpochScores(epoch=2, validation=some_scores(0.0), test=scores)
    best = EpochScores(epoch=1, validation=some_scores(0.0), test=some_scores(0.0))
    return NetworkSummary(
        parameters=1,
        architecture=f"mlp {name.partition(' ')[0]}",
        validation=some_scores(0.0),
        test=scores,
        last_epoch=last,
        best_epoch=best,
    )


MUTUAL = {"net-1 alone": 0.7, "net-2 alone": 0.5, "net-2 distilled": 0.6, "net-1": 0.9, "net-2": 0.8}


def test_mutual_learning_gives_the_papers_table():
    (table,) = findings(summary({"name": "mutual"}, MUTUAL, roles=("net-1", "net-2")))
    assert table.columns == ("network", "architecture", "independent", "1 distils 2", "mutual")
    assert table.rows == (
        ("net-1", "mlp net-1", "70.00%", "–", "90.00%"),
        ("net-2", "mlp net-2", "50.00%", "60.00%", "80.00%"),
    )


def test_a_run_half_done_shows_what_there_is():
    alone = {"net-1 alone": 0.7, "net-2 alone": 0.5}
    (table,) = findings(summary({"name": "mutual"}, alone, roles=("net-1", "net-2")))
    assert [row[2:] for row in table.rows] == [("70.00%", "–", "–"), ("50.00%", "–", "–")]
    nothing = summary({"name": "born-again", "generations": 2}, {})
    assert findings(nothing) == []
    assert born_again_generations(nothing) is None


GENERATIONS = {
    "teacher": 0.5,
    "baseline": 0.4,
    "generation-1": 0.6,
    "generation-2": 0.7,
    "ensemble of 2": 0.8,
}


def test_generations_are_told_in_order_with_their_teachers():
    run = summary({"name": "born-again", "generations": 2}, GENERATIONS)
    (table,) = findings(run)
    assert [row[:3] for row in table.rows] == [
        ("teacher", "labels", "50.00%"),
        ("generation-1", "teacher", "60.00%"),
        ("generation-2", "generation-1", "70.00%"),
        ("ensemble of 2", "", "80.00%"),
        ("baseline", "labels", "40.00%"),
    ]
    found = born_again_generations(run)
    assert {n: found.generations[n].test.accuracy for n in found.generations} == {0: 0.5, 1: 0.6, 2: 0.7}
    assert {n: found.ensembles[n].test.accuracy for n in found.ensembles} == {2: 0.8}


def test_other_runs_have_none():
    run = summary({"name": "hinton"}, {"teacher": 0.5, "student": 0.4, **MUTUAL})
    assert findings(run) == []
    assert mutual_peers(run) == {}
    assert born_again_generations(run) is None
