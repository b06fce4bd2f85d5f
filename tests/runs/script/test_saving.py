"""Scripts as files, and where their experiments come from."""

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.script.saving import experiment_of, save_script, script_of
from tests.small import run_in, small_experiment


def test_an_experiment_is_that_of_a_preset_a_run_or_a_file(runs):
    run = run_in(runs, small_experiment(), "mine")
    assert experiment_of("digits-hinton", runs, ())[0] == "digits-hinton"
    name, experiment = experiment_of("mine", runs, ["seeds=3"])
    assert (name, experiment.seeds) == ("mine", 3)
    assert experiment_of(str(run.path / "experiment.toml"), runs, ())[1] == run.experiment()
    with pytest.raises(KDStudioError, match="no run 'nothing'"):
        experiment_of("nothing", runs, ())


def test_the_images_that_it_needs_lie_beside_it_and_nothing_is_replaced_unasked(tmp_path):
    script = script_of(small_experiment(), "s.py")
    save_script(script, tmp_path / "s.py")
    assert {file.name for file in tmp_path.iterdir()} == {"s.py", "digits.npz"}
    save_script(script, tmp_path / "s.py")
    (tmp_path / "s.py").write_text("mine")
    with pytest.raises(KDStudioError, match=r"s\.py' is there already.*--replace"):
        save_script(script, tmp_path / "s.py")
    assert (tmp_path / "s.py").read_text() == "mine"
    save_script(script, tmp_path / "s.py", replace=True)
    assert (tmp_path / "s.py").read_text() == script.text


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(KDStudioError, match="cannot be written: there is no folder"):
        save_script(script_of(small_experiment(), "s.py"), tmp_path / "none" / "s.py")
