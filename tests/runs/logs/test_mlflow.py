"""What MLflow's own client finds of a run that was sent."""

import json
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from kdstudio.errors import KDStudioError
from kdstudio.runs.logs.logged_run import LoggedRun, settings_of, spoken
from kdstudio.runs.logs.mlflow import Mlflow, cut, key_of
from tests.runs.logs.recorded import RECORDED, copied, cut_after


@pytest.fixture
def uri(tmp_path, monkeypatch):
    """A folder, for which nothing else is needed."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    return (tmp_path / "mlruns").as_uri()


def runs_at(uri, experiment="KD Studio"):
    client = MlflowClient(uri)
    return client.search_runs([client.get_experiment_by_name(experiment).experiment_id])


def curves_at(uri, run):
    """All points of a run, each as often as it is there."""
    client, found = MlflowClient(uri), []
    for key in run.data.metrics:
        history = client.get_metric_history(run.info.run_id, key)
        found += [(each.key, each.step, each.value, each.timestamp) for each in history]
    return sorted(found)


def expected(run):
    begun = run.summary.begun.timestamp()
    return sorted(
        (key_of(point.curve), point.step, point.value, round(1000 * (begun + point.seconds)))
        for point in run.points.values()
    )


def test_all_is_read_back_and_sending_it_again_doubles_nothing(uri):
    run, tool = LoggedRun(RECORDED), Mlflow(tracking_uri=uri, networks=True)
    log = tool.write(run)
    for _ in range(2):
        (found,) = runs_at(uri)
        assert log.place == f"run {found.info.run_id} in {uri}"
        assert curves_at(uri, found) == expected(run)
        assert found.data.params == settings_of(run.summary)
        tags, summary = found.data.tags, run.summary
        assert tags["kdstudio.name"] == RECORDED.name
        assert tags["mlflow.note.content"] == spoken(summary)
        assert tags["kdstudio.claim"] == summary.claim.verdict
        assert tags["kdstudio.Processor"] == summary.environment["Processor"]
        assert (found.info.status, found.info.run_name) == ("FINISHED", RECORDED.name)
        lasted = found.info.end_time - found.info.start_time
        assert lasted == pytest.approx(1000 * summary.seconds, abs=1)
        files = Path(found.info.artifact_uri.removeprefix("file://"))
        assert json.loads((files / "summary.json").read_text()) == json.loads(
            RECORDED.summary_file.read_text()
        )
        assert (files / "experiment.toml").is_file()
        for network in RECORDED.networks():
            sent = files / "networks" / f"{network}.safetensors"
            assert sent.read_bytes() == RECORDED.network_file(network).read_bytes()
        log = tool.write(run)


def test_only_what_is_new_is_sent(uri, runs, monkeypatch):
    monkeypatch.setattr("kdstudio.runs.logs.mlflow.MOST_METRICS", 7)
    folder = copied(runs)
    rest = cut_after(folder, 10)
    run, tool = LoggedRun(folder), Mlflow(tracking_uri=uri, experiment="one of ours")
    log = tool.write(run)
    log.add(run.points.values())
    with folder.events_file.open("ab") as file:
        file.writelines(rest[:10])
    log.add(run.poll())
    (found,) = runs_at(uri, "one of ours")
    assert curves_at(uri, found) == expected(run)
    assert not MlflowClient(uri).list_artifacts(found.info.run_id, "networks")


def test_without_a_place_it_says_how_to_name_one(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(KDStudioError, match="tracking URI is not given; name a server"):
        Mlflow().write(LoggedRun(RECORDED))


def test_the_environment_names_the_place(monkeypatch, tmp_path):
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tmp_path.as_uri())
    with pytest.raises(KDStudioError, match=r"MLflow at 'file:.*' takes nothing \(The filesystem tracking"):
        Mlflow().write(LoggedRun(RECORDED))


def test_a_server_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(
        KDStudioError, match=r"MLflow at 'http://127.0.0.1:9' takes nothing \(Connection refused"
    ):
        Mlflow(tracking_uri="http://127.0.0.1:9").write(LoggedRun(RECORDED))


def test_a_password_is_not_shown(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(KDStudioError, match=r"MLflow at 'http://me:\*\*\*@127.0.0.1:9'") as refused:
        Mlflow(tracking_uri="http://me:secret@127.0.0.1:9").write(LoggedRun(RECORDED))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "key"),
    [("loss/student T4 seed-1/soft loss", "loss/student T4 seed-1/soft loss"), ("α=1, β:2", "α-1- β-2")],
)
def test_names_are_as_mlflow_takes_them(name, key):
    assert key_of(name) == key


def test_what_is_too_long_is_cut():
    assert (cut("abc", 3), cut("abcd", 3)) == ("abc", "ab…")
