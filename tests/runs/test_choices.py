"""What can be chosen, as people read it."""

import pytest

from kdstudio.engine.experiment import REGISTRIES
from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.engine.strategy import strategies
from kdstudio.errors import KDStudioError
from kdstudio.runs.choices import choices_of
from kdstudio.runs.presets import load_experiment
from kdstudio.runs.preview import Previewer


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.kind)
def test_every_entry_says_what_it_is(registry):
    for choice in choices_of(registry.values()):
        assert choice.title
        assert choice.line.endswith(".")


def test_a_title_is_what_stands_before_the_colon():
    (choice,) = choices_of([strategies["hinton"]])
    assert (choice.name, choice.title) == ("hinton", "Soft targets")
    assert choice.line.startswith("The student learns")
    assert choice.needs == ("teacher and student",)
    assert choice.origin.endswith("Hinton, Vinyals, Dean 2015 · needs teacher and student")


def test_data_that_are_not_here_need_a_download(monkeypatch, tmp_path):
    from kdstudio.data.declaration import datasets

    monkeypatch.setenv("KDSTUDIO_DATA", str(tmp_path))
    needs = {choice.name: choice.needs for choice in choices_of(datasets.values())}
    assert needs["mnist"] == ("a download",)
    assert needs["digits"] == ()
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    (folder / "train.gz").write_bytes(b"")
    assert choices_of([datasets["mnist"]])[0].needs == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", list(matching_terms))
def test_terms_that_need_maps_and_no_others_refuse_vectors(name):
    term = f'strategy.terms={{"a" = {{name = "{name}"}}}}'
    settings = ["strategy.name=match", "networks.student.training.mixing.kind=none", term]
    experiment = load_experiment("digits-hinton", settings)
    try:
        Previewer().preview(experiment, lambda _what, _fraction: None)
        refused = False
    except KDStudioError:
        refused = True
    assert refused == ("maps" in matching_terms[name].needs)
