"""Runs of the first version, one of each family: they open, go on, and can be looked at as those of today."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from kdstudio.engine.events import event_adapter
from kdstudio.engine.views import FigureView, TableView
from kdstudio.errors import KDStudioError
from kdstudio.runs.confusions import read_confusion
from kdstudio.runs.curves import LossKey
from kdstudio.runs.dark_knowledge import DarkKnowledgeReader
from kdstudio.runs.early_exits import exits_of, read_exits
from kdstudio.runs.exporting.export import export_networks
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.formats.safetensors import Safetensors
from kdstudio.runs.former_runs import identity_of, modern_card, modern_event, modern_summary
from kdstudio.runs.log import RunFollower
from kdstudio.runs.predictions import read_predictions
from kdstudio.runs.result_tables import networks_table, tabulate
from kdstudio.runs.results import curves, headline
from kdstudio.runs.session import resumed_session
from kdstudio.runs.unseen import read_unseen
from kdstudio.runs.weights import load_network, read_card
from tests.small import run_in, small_experiment, weights_in

FORMER = Path(__file__).parent / "former"
ROWS = {
    "supervised": {"student": ("student", "student", {})},
    "hinton": {
        "teacher": ("teacher", "teacher", {}),
        "baseline": ("student", "control", {}),
        "student": ("student", "student", {}),
    },
    "fitnet": {
        "teacher": ("teacher", "teacher", {}),
        "baseline": ("student", "control", {}),
        "kd": ("student", "control", {"method": "kd"}),
        "student": ("student", "student", {}),
    },
    "born-again": {
        "teacher": ("teacher", "teacher", {"generation": 0}),
        "baseline": ("student", "control", {}),
        "generation-1": ("student", "student", {"generation": 1}),
        "generation-2": ("student", "student", {"generation": 2}),
        "ensemble of 2": ("student", "ensemble", {"generation": 2}),
    },
    "mutual": {
        "net-1 alone": ("net-1", "control", {"way": "alone"}),
        "net-2 alone": ("net-2", "control", {"way": "alone"}),
        "net-2 distilled": ("net-2", "student", {"way": "distilled"}),
        "net-1": ("net-1", "peer", {"way": "mutual"}),
        "net-2": ("net-2", "peer", {"way": "mutual"}),
    },
    "own-teacher": {
        "baseline": ("student", "control", {}),
        "exit-1": ("student", "exit", {"exit": 1}),
        "student": ("student", "student", {}),
        "ensemble": ("student", "ensemble", {}),
    },
    "sweep": {
        "teacher": ("teacher", "teacher", {}),
        **{
            f"student T1 α1 seed {seed}": ("student", "control", {"seed": seed}) for seed in range(2)
        },
        **{
            f"student T{t} α0,1 seed {seed}": (
                "student",
                "student",
                {"temperature": t, "alpha": 0.1, "seed": seed},
            )
            for t in (1, 4)
            for seed in range(2)
        },
    },
}  # fmt: skip
families = pytest.mark.parametrize("family", sorted(folder.name for folder in FORMER.iterdir()))


@pytest.fixture
def opened(runs):
    """Copy a former run to the runs of today, so that nothing is written into the fixture."""
    runs.mkdir()

    def copy(family):
        shutil.copytree(FORMER / family, runs / family)
        return RunFolder(runs / family)

    return copy


@families
def test_its_summary_is_read(family, opened):
    folder = opened(family)
    summary, raw = folder.summary(), json.loads(folder.summary_file.read_text())
    assert summary.status == ("stopped" if family == "stopped" else "finished")
    assert [*summary.networks] == [*raw["networks"]]
    for name, row in summary.networks.items():
        then = raw["networks"][name]
        assert row.test.accuracy == then["test"]["accuracy"]
        assert row.best_epoch.epoch == then["best_epoch"]["epoch"]
        assert (row.parameters, row.architecture) == (then["parameters"], then["architecture"])
    for name, identity in ROWS.get(family, {}).items():
        row = summary.networks[name]
        assert (row.role, row.kind, row.coordinates) == identity, name
    assert summary.networks.keys() >= ROWS.get(family, {}).keys()


@families
def test_its_tables_and_figures_are_those_of_its_strategy(family, opened):
    summary = opened(family).summary()
    rows = list(summary.networks.values())
    assert len(networks_table(rows).rows) >= len(rows) / 2
    for view in summary.views:
        if isinstance(view, TableView):
            assert tabulate(view, rows).rows, view.title
        elif isinstance(view, FigureView) and family != "stopped":
            assert curves(view, rows), view.title
    if family != "stopped":
        assert headline(summary).result is not None


@families
def test_its_log_is_followed(family, opened):
    folder = opened(family)
    follower = RunFollower(folder)
    assert len(follower.poll()) == len(folder.events_file.read_text().splitlines())
    state, summary = follower.state, folder.summary()
    assert (state.status, state.class_names) == (summary.status, summary.class_names)
    assert [*state.networks] == [*summary.networks]
    for name, row in summary.networks.items():
        assert state.networks[name].test == row.test
        assert (state.networks[name].role, state.networks[name].kind) == (row.role, row.kind)
    assert state.networks.keys() | state.curves.accuracy.keys() <= state.identities.keys()
    drawn = state.curves
    assert {key.stage for key in drawn.losses} == {stage.name for stage in state.stages[: state.stage + 1]}
    assert all(drawn.accuracy[name].y for name in set(drawn.accuracy) & set(state.networks))
    trained = {name for name, row in state.networks.items() if row.last_epoch.epoch}
    assert trained <= set(drawn.accuracy)
    assert all(len(series.x) == len(series.y) > 0 for series in drawn.losses.values())


def test_the_gradients_of_what_was_a_turn_have_their_shares(opened):
    follower = RunFollower(opened("hinton"))
    follower.poll()
    shares = follower.state.curves.shares
    both = [shares[LossKey("student", term)].y for term in ("label loss", "soft loss")]
    assert [sum(pair) for pair in zip(*both, strict=True)] == pytest.approx([1.0, 1.0])


@families
def test_its_networks_are_loaded_and_answer_as_they_did(family, opened):
    folder = opened(family)
    summary = folder.summary()
    predictions = read_predictions(folder)
    assert {*folder.networks()} <= {*summary.networks}
    for name in folder.networks():
        module, card = load_network(folder.network_file(name))
        assert (card.network, card.format) == (name, "kdstudio-network-2")
        row = summary.networks[name]
        assert (card.identity.role, card.identity.kind) == (row.role, row.kind) or family == "sweep"
        here = predictions.of_network(name)
        wrong = here.logits[name].argmax(1) != here.labels
        if name == "all outputs":  # scored on the images of the specialist's classes
            wrong = wrong[torch.isin(here.labels, torch.tensor([1, 3, 5]))]
        assert (int(wrong.sum()), len(wrong)) == (row.test.errors, row.test.count)
        assert module(torch.zeros(1, *card.image)).shape == (1, len(card.class_names))


@families
def test_what_it_counted_is_found_in_its_summary(family, opened):
    folder = opened(family)
    for name, row in folder.summary().networks.items():
        found = read_confusion(folder, name)
        assert found.part == "test"
        right = sum(line[number] for number, line in enumerate(found.confusion))
        assert sum(map(sum, found.confusion)) - right == row.test.errors


def test_its_networks_are_exported(opened, tmp_path):
    folder = opened("hinton")
    names = folder.networks()[:2]
    made = export_networks(folder, names, [Safetensors()], tmp_path / "out")
    assert {row.largest_difference for row in made.rows} == {0.0}
    for name, path in zip(names, made.paths, strict=True):
        card = json.loads(path.with_suffix(".json").read_text())
        assert card["format"] == "kdstudio-network-2"
        assert read_card(path) == read_card(folder.network_file(name))


def test_its_temperatures_are_looked_at(opened):
    found = DarkKnowledgeReader().read(opened("hinton"), (1.0, 4.0))
    assert (found.student, found.teacher) == ("student", "teacher")
    assert len(found.distances) == 2


@pytest.mark.slow
def test_its_exits_are_reported(opened):
    folder = opened("own-teacher")
    assert exits_of(folder) == ["exit-1"]
    report, networks = read_exits(folder), folder.summary().networks
    assert [way.name for way in report.ways] == ["exit-1", "student"]
    assert report.baseline.name == "baseline"
    for way in (*report.ways, report.baseline):
        assert way.accuracy["test"] == pytest.approx(networks[way.name].test.accuracy)
        assert way.parameters == networks[way.name].parameters
    assert report.ensemble_accuracy("test") == pytest.approx(networks["ensemble"].test.accuracy)


def test_its_classes_never_seen_are_read(opened):
    folder = opened("unseen")
    recorded = folder.summary().networks["student"]
    predictions = read_unseen(folder)
    assert predictions.unseen["student"] == recorded.unseen == (3,)
    assert predictions.fit("student") == pytest.approx(recorded.shifted.biases, abs=1e-3)
    found = predictions.outcome("student", "test", {})
    assert (found.errors, found.unseen) == (recorded.test.errors, pytest.approx(recorded.unseen_accuracy))
    after = predictions.outcome("student", "test", recorded.shifted.biases)
    assert after.unseen == pytest.approx(recorded.shifted.unseen_accuracy)


def test_a_stopped_one_goes_on_to_its_end(opened, runs):
    folder = opened("stopped")
    before = len(folder.events_file.read_bytes())
    session = resumed_session(folder)
    kinds = [event.kind for event in session.events()]
    assert kinds[-1] == "run-done"
    summary = folder.summary()
    assert (summary.status, summary.version) == ("finished", 2)
    assert [*summary.networks] == ["teacher", "baseline", "student"]
    assert summary.views == run_in(runs, folder.experiment(), "anew").summary().views
    anew = RunFolder(runs / "anew")
    # its checkpoint was written on another machine, whose sums are rounded otherwise
    for name, row in anew.summary().networks.items():
        assert summary.networks[name].test.loss == pytest.approx(row.test.loss, rel=1e-4)
    torch.testing.assert_close(weights_in(folder), weights_in(anew), rtol=1e-3, atol=1e-4)
    assert len(folder.events_file.read_bytes()) > before
    follower = RunFollower(folder)
    follower.poll()
    assert follower.state.status == "finished"
    assert follower.state.curves.accuracy["student"].x == [1, 2]


def test_nothing_is_written_into_a_run_that_is_only_looked_at(opened):
    folder = opened("hinton")
    before = {file: file.read_bytes() for file in folder.path.rglob("*") if file.is_file()}
    read_predictions(folder)
    RunFollower(folder).poll()
    folder.summary()
    after = {file: file.read_bytes() for file in folder.path.rglob("*") if file.is_file()}
    assert {file: content for file, content in after.items() if file.name != ".lock"} == before


def test_a_strategy_that_is_gone_leaves_the_rows(opened):
    folder = opened("hinton")
    text = folder.summary_file.read_text().replace(
        '"name":"hinton","temperature"', '"name":"gone","temperature"'
    )
    folder.summary_file.write_text(text)
    summary = folder.summary()
    assert (summary.experiment["strategy"]["name"], summary.views) == ("gone", ())
    assert [*summary.networks] == ["teacher", "baseline", "student"]


def test_a_network_whose_name_nobody_knows_is_of_a_kind_of_its_own():
    assert identity_of("oracle") == {"role": "oracle", "kind": "oracle", "coordinates": {}}
    assert identity_of("teacher-2") == {"role": "teacher-2", "kind": "teacher", "coordinates": {}}


def test_what_is_of_today_stays_as_it_is(runs):
    folder = run_in(runs, small_experiment(strategy="supervised"))
    raw = json.loads(folder.summary_file.read_text())
    assert modern_summary(raw) is raw
    card = json.loads(folder.network_file("student").with_suffix(".json").read_text())
    assert modern_card(card) is card
    for line in folder.events_file.read_text().splitlines():
        event = json.loads(line)
        assert event_adapter.validate_python(modern_event(event)) == event_adapter.validate_python(event)


@pytest.mark.parametrize(
    "raw", [{}, [], {"status": "odd"}, {"experiment": 3}, {"networks": {"a": 1}}, "text"]
)
def test_what_has_no_known_shape_is_a_value_error(raw):
    with pytest.raises(ValueError, match="no known shape"):
        modern_summary(raw)


def test_a_damaged_summary_of_then_is_named(opened):
    folder = opened("hinton")
    raw = json.loads(folder.summary_file.read_text())
    del raw["networks"]["student"]["last_epoch"]
    folder.summary_file.write_text(json.dumps(raw))
    with pytest.raises(KDStudioError, match=r"run 'hinton' is damaged: summary.json cannot be read"):
        folder.summary()
