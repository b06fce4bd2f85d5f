"""What every strategy keeps to, whoever wrote it: read off events, cards and rows alone."""

import json
import re
from functools import cache

import numpy as np
import pytest
import torch

from kdstudio.engine.dry_run import dry_run
from kdstudio.engine.events import EpochDone, Preparing, StageDone, StageStarted
from kdstudio.engine.strategy import Many, strategies
from kdstudio.engine.views import Comparison, FigureView
from kdstudio.runs.figures import MISSING
from kdstudio.runs.presets import load_experiment, to_toml
from kdstudio.runs.result_tables import tabulate
from kdstudio.runs.results import curves, headline
from kdstudio.runs.session import new_session
from kdstudio.runs.weights import load_network, read_card
from tests.small import (
    digits,
    follow,
    interrupted,
    kept_on_the_way,
    resumed,
    run_in,
    same_state,
    same_states,
    small_context,
    small_experiment,
    train,
    weights_in,
)

every_strategy = pytest.mark.parametrize("name", list(strategies))


def experiment_of(name, *settings):
    """Two blocks, so that there is something before the last one."""
    roles = strategies[name]().roles()
    blocks = (f"networks.{role}.model.widths=[8, 6]" for role in roles)
    return small_experiment(*blocks, *settings, strategy=name)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A strategy's finished run, made when it is first asked for: its folder and its events."""

    @cache
    def of(name):
        session = new_session(experiment_of(name), tmp_path_factory.mktemp("runs"), "run")
        return session.folder, [event for event in session.events() if not isinstance(event, Preparing)]

    return of


@every_strategy
def test_an_experiment_survives_toml(name, tmp_path):
    experiment = experiment_of(name)
    (tmp_path / "experiment.toml").write_text(to_toml(experiment))
    assert load_experiment(str(tmp_path / "experiment.toml")) == experiment


@every_strategy
def test_its_formula_holds_its_numbers(name):
    strategy = strategies[name]()
    numbers = [value for value in strategy.model_dump().values() if isinstance(value, float)]
    formula = strategy.formula()
    assert formula.startswith("L = ")
    for number in numbers:  # a factor of 1 is not written, nor a term of weight 0
        assert number in (0, 1) or re.search(rf"(?<![\d.]){re.escape(f'{number:g}')}(?![\d.])", formula)


@every_strategy
def test_it_tells_what_it_is(name):
    assert len(strategies[name].headline()) > 20
    for field, info in strategies[name].model_fields.items():
        assert field == "name" or (info.title and info.description), field


@every_strategy
def test_its_roles_are_what_it_describes_as_often_as_its_options_say(name):
    strategy, expected = strategies[name](), []
    for role in strategy.describes:
        if isinstance(role, Many):
            count = getattr(strategy, role.counted_by)
            numbered = [f"{role.role}-{number}" for number in range(1, count + 1)]
            expected += numbered if role.numbered else [role.role, *numbered[1:]]
        else:
            expected.append(role)
    assert strategy.roles() == tuple(expected)
    assert len({*expected}) == len(expected) > 0
    assert list(experiment_of(name).networks) == expected


@every_strategy
def test_its_plan_can_be_rehearsed(name):
    summaries = dry_run(small_context(experiment_of(name)))
    assert summaries
    assert all(stage.trained and stage.terms and stage.flops_per_step > 0 for stage in summaries)
    assert len({stage.name for stage in summaries}) == len(summaries)


@every_strategy
def test_a_plan_followed_again_is_the_same_with_fresh_networks(name):
    context = small_context(experiment_of(name))
    first, networks = dry_run(context), dict(context.networks)
    assert dry_run(context) == first
    assert context.networks.keys() == networks.keys()
    assert not any(context.networks[n] is network for n, network in networks.items())
    assert all(same_state(networks[n].state_dict(), m.state_dict()) for n, m in context.networks.items())


@pytest.mark.slow
@every_strategy
def test_a_run_leaves_a_complete_folder(name, done):
    folder, events = done(name)
    assert {file.name for file in folder.path.iterdir()} - {".lock", "parts"} == {
        "experiment.toml", "events.jsonl", "summary.json", "stages.json", "networks", "confusion",
    }  # fmt: skip
    assert folder.experiment() == experiment_of(name, "compute.precision=float32")  # chosen: steps are small
    kinds = [json.loads(line)["kind"] for line in folder.events_file.read_text().splitlines()]
    aside = ("preparing", "checkpoint-saved")
    assert [kind for kind in kinds if kind not in aside] == [event.kind for event in events]
    summary = folder.summary()
    assert (summary.status, summary.experiment["strategy"]["name"]) == ("finished", name)
    assert summary.seconds > 0
    rows = {n: row for event in events if isinstance(event, StageDone) for n, row in event.networks.items()}
    assert rows
    assert summary.networks == rows


@every_strategy
def test_every_row_is_of_a_network_that_was_announced_and_is_called_by_its_identity(name, done):
    folder, events = done(name)
    announced = {
        n: identity
        for event in events
        if isinstance(event, StageStarted)
        for n, identity in event.summary.scored.items()
    }
    for network, row in folder.summary().networks.items():
        assert row.name == network
        assert announced[network].model_dump() == row.model_dump(include={"role", "kind", "coordinates"})


@every_strategy
def test_a_row_holds_the_scores_of_its_last_epoch_and_of_its_best(name, done):
    folder, events = done(name)
    epochs = {}
    for event in events:
        if isinstance(event, StageStarted):
            scored_here = set()
        if isinstance(event, EpochDone):
            for network, scores in event.validation.items():
                if network not in scored_here:
                    epochs[network] = {}
                scored_here.add(network)
                epochs[network][event.epoch] = scores
    for network, row in folder.summary().networks.items():
        if network not in epochs:
            assert row.last_epoch.epoch == row.best_epoch.epoch == 0
            continue
        seen = epochs[network]
        assert row.last_epoch.epoch == max(seen)
        assert row.last_epoch.validation == seen[max(seen)]
        best = max(seen, key=lambda epoch: (seen[epoch].accuracy, -seen[epoch].loss, -epoch))
        assert (row.best_epoch.epoch, row.best_epoch.validation) == (best, seen[best])


def images_of(row, stage):
    """Normalised test images of the classes that the row is of, and their labels as it numbers them."""
    data = digits()
    labels = data.test.labels
    wanted = torch.tensor(stage.classes or range(10))
    here = torch.isin(labels, wanted)
    images = (data.test.images[here] / 255 - data.mean[0]) / data.std[0]
    labels = labels[here]
    if row.classes:
        labels = torch.tensor([row.classes.index(label) for label in labels.tolist()])
    return images, labels


@every_strategy
def test_files_rebuilt_from_their_cards_answer_as_the_rows_say(name, done):
    folder, events = done(name)
    stages = events[0].stages
    last_seen = {n: stages[e.stage] for e in events if isinstance(e, StageDone) for n in e.networks}
    for network, row in folder.summary().networks.items():
        images, labels = images_of(row, last_seen[network])
        confusion = np.array(json.loads(folder.confusion_file(network).read_text())["confusion"])
        check_test_scores(row.test, confusion, labels.numpy())
        if network not in folder.networks():  # a head of the strategy's own is not declared
            continue
        module, card = load_network(folder.network_file(network))
        assert (card.network, card.epoch) == (network, row.last_epoch.epoch)
        assert card.identity.model_dump() == row.model_dump(include={"role", "kind", "coordinates"})
        assert row.parameters == sum(parameter.numel() for parameter in module.parameters())
        with torch.no_grad():
            predicted = module(images).argmax(1)
        assert int((predicted != labels).sum()) == row.test.errors
        best = folder.network_file(network, best=True)
        assert best.exists() == (row.best_epoch.epoch != row.last_epoch.epoch)
        if best.exists():
            module, card = load_network(best)
            assert card.epoch == row.best_epoch.epoch
            with torch.no_grad():
                assert int((module(images).argmax(1) != labels).sum()) == row.best_epoch.test.errors


def check_test_scores(test, confusion, labels):
    assert confusion.sum(1).tolist() == np.bincount(labels, minlength=len(confusion)).tolist()
    assert test.count == len(labels)
    assert test.errors == len(labels) - confusion.trace()
    assert test.accuracy == pytest.approx(confusion.trace() / len(labels))


@every_strategy
def test_a_network_that_an_experiment_describes_is_built_as_it_says(name, done):
    folder, _events = done(name)
    networks, seen = folder.experiment().networks, set()
    for network in folder.networks():
        card = read_card(folder.network_file(network))
        if card.model:
            assert getattr(card.model, "of", card.model) == networks[card.identity.role].model  # or rounded
            seen.add(card.identity.role)
    assert seen


@every_strategy
def test_its_views_show_something_of_its_rows(name, done):
    folder, _events = done(name)
    summary, strategy = folder.summary(), strategies[name]()
    rows = summary.networks.values()
    assert summary.views == strategy.views
    for view in strategy.views:
        if isinstance(view, FigureView):
            drawn = curves(view, rows)
            assert any(curve.points for curve in drawn), view.title
            continue
        table = tabulate(view, rows)
        assert table.rows, view.title
        assert {len(row) for row in table.rows} == {len(table.columns)}
        cells = [cell for row in table.rows for cell in row[len(row) - table.figures :]]
        assert any(cell != MISSING for cell in cells), view.title
        assert all(any(c != MISSING for c in row[-table.figures :]) for row in table.rows), view.title
        assert bool(view.best) == (table.best is not None)


@every_strategy
def test_what_it_holds_against_what_is_there(name, done):
    folder, _events = done(name)
    summary, strategy = folder.summary(), strategies[name]()
    kinds = {row.kind for row in summary.networks.values()}
    usual, own = Comparison().model_dump(), strategy.comparison.model_dump()
    assert summary.comparison == strategy.comparison
    assert strategy.comparison.result in kinds
    assert {kind for what, kind in own.items() if kind != usual[what]} <= kinds
    shown = headline(summary)
    assert shown.result
    assert shown.errors
    if getattr(strategy, "baseline", False):
        assert shown.control
    if any(role.startswith("teacher") for role in strategy.roles()):
        assert shown.reference


@pytest.mark.slow
@every_strategy
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(name, runs):
    one, same, other = (
        weights_in(run_in(runs, experiment_of(name, f"seed={seed}"), f"run{number}"))
        for number, seed in enumerate((3, 3, 4))
    )
    assert same_states(one, same)
    assert not any(same_state(one[network], other[network]) for network in one.keys() & other.keys())


@pytest.mark.slow
@every_strategy
def test_killed_at_a_step_in_each_stage_it_goes_on_from_a_checkpoint_to_the_same_bits(name):
    """The run went on after each checkpoint was taken, which neither changes it nor is changed by it."""
    experiment = experiment_of(name)
    _events, expected = train(experiment)
    on_the_way, states = kept_on_the_way(experiment)
    assert same_states(states, expected)
    steps = [place for place in on_the_way if place[0].kind == "step-done"]
    ends = [place for place in on_the_way if place[0].kind in ("epoch-done", "stage-done")]
    for event, checkpoint, finished in (
        *steps[3 :: max(1, len(steps) // 5)],
        *ends[:: max(1, len(ends) // 3)],
    ):
        _rest, states = follow(resumed(experiment, checkpoint, finished))
        assert same_states(finished | states, expected), event


@pytest.mark.slow
@every_strategy
def test_the_networks_of_one_seed_among_several_are_those_of_that_seed_alone(name):
    """Weights are equal bit for bit, best epochs and scores too."""
    events, together = train(experiment_of(name, "seed=3", "seeds=2", "teacher_for_each_seed=true"))
    rows = {n: row for e in events if isinstance(e, StageDone) for n, row in e.networks.items()}
    for seed in (3, 4):
        events, alone = train(experiment_of(name, f"seed={seed}", "data.seed=3"))
        of_seed = {n: row for e in events if isinstance(e, StageDone) for n, row in e.networks.items()}
        assert of_seed
        for network, row in of_seed.items():
            called = f"{network} seed-{seed}"
            if network in alone:
                assert same_state(together[called], alone[network]), called
            assert rows[called].coordinates == row.coordinates | {"seed": seed}
            assert rows[called].model_dump(exclude={"coordinates"}) == row.model_dump(exclude={"coordinates"})


@pytest.mark.slow
@every_strategy
def test_teachers_are_trained_once_for_all_seeds_and_all_else_for_each(name):
    events, _states = train(experiment_of(name, "seed=3", "seeds=2"))
    stages = events[0].stages
    identities = {n: identity for stage in stages for n, identity in stage.scored.items()}
    for network, identity in identities.items():
        learned_here = [stage for stage in stages if network in stage.trained]
        taught = identity.kind == "teacher" and learned_here
        assert ("seed" not in identity.coordinates) == (identity.kind == "teacher"), network
        assert len({stage.coordinates.get("seed") for stage in learned_here}) <= 1
        assert not taught or len(learned_here) == 1
    seeds = [stage.coordinates.get("seed") for stage in stages if "seed" in stage.coordinates]
    assert seeds == sorted(seeds)
    assert seeds.count(3) == seeds.count(4) > 0
    _events, alone = train(experiment_of(name, "seed=3"))
    _events, together = train(experiment_of(name, "seed=3", "seeds=2"))
    by_name = {n: state for n, state in alone.items() if "/" not in n}
    called = {n: n if identities.get(n) else f"{n} seed-3" for n in by_name}
    assert all(same_state(together[called[n]], state) for n, state in by_name.items())


@pytest.mark.slow
@every_strategy
def test_several_seeds_stopped_and_resumed_equal_uninterrupted(name):
    experiment = experiment_of(name, "seeds=2")
    events, expected = train(experiment)
    steps = [n for n, event in enumerate(events) if event.kind == "step-done"]
    ends = [n for n, event in enumerate(events) if event.kind in ("epoch-done", "stage-done")]
    for stop in (*steps[3 :: max(1, len(steps) // 5)], *ends[:: max(1, len(ends) // 5)]):
        _rest, states = interrupted(experiment, lambda number, _, stop=stop: number == stop)
        assert same_states(states, expected), f"stopped at event {stop}, {events[stop].kind}"
