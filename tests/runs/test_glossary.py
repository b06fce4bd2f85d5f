import re

import pytest

from kdstudio.engine.experiment import REGISTRIES, DataSpec, Experiment
from kdstudio.engine.training import TrainingSpec
from kdstudio.errors import KDStudioError
from kdstudio.packages import OURS
from kdstudio.runs import glossary as module
from kdstudio.runs.formulas.notation import symbols
from kdstudio.runs.formulas.typesetting import drawn
from kdstudio.runs.glossary import explained, glossary


@pytest.fixture
def damaged(monkeypatch, tmp_path):
    """Reads this text in the place of what ships."""

    def read(text):
        (tmp_path / "glossary.toml").write_text(text)
        return module.glossary.__wrapped__()

    monkeypatch.setattr(module, "shipped", lambda _folder: tmp_path)
    return read


def test_every_term_has_a_name_two_sentences_and_a_source():
    for name, term in glossary().terms.items():
        assert re.fullmatch(r"[a-z-]+", name)
        assert len(re.split(r"(?<=[.]) (?=[A-Z])", term.says)) == 2, name
        assert term.says.endswith(".")
        assert not term.source.endswith(".")


def test_every_formula_can_be_drawn():
    for name, term in glossary().terms.items():
        assert not term.formula or drawn(term.formula), name


def test_no_two_terms_are_called_the_same():
    names = [name.lower() for term in glossary().terms.values() for name in {term.title, *term.also}]
    assert len(names) == len({*names})


def test_fields_name_terms_that_there_are():
    ours = (
        entry
        for registry in REGISTRIES
        for name, entry in registry.items()
        if registry.package_of(name) == OURS
    )
    fields = [
        field for each in (*ours, Experiment, DataSpec, TrainingSpec) for field in each.model_fields.values()
    ]
    named = {term for field in fields if (term := (field.json_schema_extra or {}).get("term"))}
    assert named <= glossary().terms.keys()
    assert {"temperature", "alpha", "baseline", "hint", "tap", "exit", "phi"} <= named


def test_words_find_what_is_called_so_first():
    assert glossary().found("alpha")[0] == "alpha"
    assert glossary().found("KL")[0] == "kl-divergence"
    assert "hint" in glossary().found("romero thin")
    assert glossary().found("no-such-word") == []
    assert glossary().found("") == [*glossary().terms]


def test_signs_of_a_formula_are_explained_each_once():
    assert explained("z_s·z_s + T") == [
        "z_s: the student's logits",
        "T: temperature: logits are divided by it before the softmax",
    ]
    assert all(symbols(sign) == [sign] for sign in glossary().signs)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("signs = ", "Invalid value"),
        ("signs = {}\n[terms.hint]\ntitle = 'Hint'\nsays = 'A. B.'", "hint.source"),
        ("signs = {}\n[terms.hint]\ntitle = 'Hint'\nsays = 'A. B.'\nsource = 'x'\nsaid = 1", "hint.said"),
    ],
)
def test_a_damaged_file_is_one_clear_error(damaged, text, named):
    with pytest.raises(KDStudioError, match=rf"glossary\.toml cannot be read: [\s\S]*{named}[\s\S]*anew"):
        damaged(text)
