import pytest

from kdstudio.cli.commands import run_command_line
from kdstudio.runs.logs.declaration import log_tools
from tests.runs.logs.recorded import copied


@pytest.fixture
def folder(runs):
    return copied(runs)


def test_runs_are_logged_and_their_places_printed(folder, tmp_path, capfd):
    for more in ((), ("--follow",)):
        assert (
            run_command_line(["log-to", "tensorboard", "run", "--folder", str(tmp_path / "logs"), *more]) == 0
        )
        assert capfd.readouterr() == (f"{tmp_path / 'logs' / 'run'}\n", "")
        (file,) = (tmp_path / "logs" / "run").iterdir()
        assert "tfevents" in file.name


@pytest.mark.parametrize("tool", log_tools)
def test_options_are_those_of_the_tool(tool, capfd):
    assert run_command_line(["log-to", tool, "--help"]) == 0
    told = capfd.readouterr().out
    fields = [field for field in log_tools[tool].model_fields if field != "name"]
    assert all(f"--{field.replace('_', '-')}" in told for field in fields)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tensorboard", "other", "--folder", "x"], "no run 'other'"),
        (["tensorboard", "run"], "Missing option '--folder'"),
        (["mlflow", "run", "--experiment", ""], "experiment: must not be empty"),
        (["wandb", "run"], f"no tool for logs 'wandb'; there are {', '.join(log_tools)}"),
    ],
)
def test_bad_input_is_one_line(arguments, message, folder, capfd):
    assert run_command_line(["log-to", *arguments]) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
