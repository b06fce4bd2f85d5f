"""MLflow: a run with parameters, metrics, tags and files, at a tracking server or in a database."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.errors import KDStudioError
from kdstudio.given import printable, reason, without_passwords
from kdstudio.runs.logs.declaration import LogTool, log_tools
from kdstudio.runs.logs.logged_run import LoggedRun, Point, settings_of, spoken
from kdstudio.runs.summary import Summary

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

QUIETLY = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
"""How MLflow behaves unless the environment says otherwise: it reports nothing home, and gives up soon."""
IDENTITY = "kdstudio.run"
"""Tag by which a run is found again: a digest of its name and beginning."""
STATUS = {"running": "RUNNING", "paused": "RUNNING", "finished": "FINISHED", "failed": "FAILED"}
"""MLflow's words; anything else was killed."""
MOST_METRICS, MOST_PARAMETERS = 1000, 100
"""In one request."""
LONGEST_KEY, LONGEST_PARAMETER, LONGEST_TAG = 250, 6000, 8000
"""Characters that MLflow keeps."""
LONGEST_REASON = 300
NOT_IN_A_KEY = re.compile(r"[^/\w.\- ]")
"""What MLflow takes in no name of a parameter or metric."""


@dataclass
class MlflowLog:
    """One run as MLflow has it."""

    client: MlflowClient
    experiment_id: str
    run_id: str
    tracking_uri: str
    begun: float
    """When the run was begun, in seconds after 1970."""
    known: dict[str, set[int]]
    """Steps that each metric has already, as far as that was asked."""
    there: frozenset[str] = frozenset()
    """Metrics that there were before."""

    @property
    def place(self) -> str:
        """Its page at a server, else its number and where that is."""
        if self.tracking_uri.startswith(("http:", "https:")):
            server = without_passwords(self.tracking_uri).rstrip("/")
            return f"{server}/#/experiments/{self.experiment_id}/runs/{self.run_id}"
        return f"run {self.run_id} in {without_passwords(self.tracking_uri)}"

    def add(self, points: Iterable[Point]) -> None:
        """Send those ``points`` that are not there."""
        with asking(self.tracking_uri):
            new = [point for point in points if point.step not in self._known(key_of(point.curve))]
            for begin in range(0, len(new), MOST_METRICS):
                some = new[begin : begin + MOST_METRICS]
                self.client.log_batch(self.run_id, metrics=[self._metric(point) for point in some])
                for point in some:
                    self.known[key_of(point.curve)].add(point.step)

    def _known(self, key: str) -> set[int]:
        if key not in self.known:
            history = self.client.get_metric_history(self.run_id, key) if key in self.there else ()
            self.known[key] = {metric.step for metric in history}
        return self.known[key]

    def _metric(self, point: Point) -> Any:  # noqa: ANN401
        from mlflow.entities import Metric

        milliseconds = round(1000 * (self.begun + point.seconds))
        return Metric(key_of(point.curve), point.value, milliseconds, point.step)


@log_tools.register
class Mlflow(LogTool):
    """MLflow: parameters, metrics, tags and files of runs, at a tracking server or in a database."""

    title: ClassVar[str] = "MLflow"
    extra: ClassVar[str] = "mlflow"
    packages: ClassVar[tuple[str, ...]] = ("mlflow",)

    name: Literal["mlflow"] = "mlflow"
    tracking_uri: str = option(
        "",
        "Tracking URI",
        "The server, or sqlite:///mlflow.db; without, that of MLFLOW_TRACKING_URI.",
    )
    experiment: str = option(
        "KD Studio", "Experiment", "The runs' experiment there; made where there is none.", min_length=1
    )
    networks: bool = option(False, "Networks", "Send the networks' weights, too.")

    def write(self, run: LoggedRun) -> MlflowLog:
        """Send what is not there yet; the run is found by its tag."""
        summary = run.summary
        log = self._found(run, summary)
        log.add(run.points.values())
        with asking(log.tracking_uri):
            self._describe(log, run, summary)
        return log

    def _found(self, run: LoggedRun, summary: Summary) -> MlflowLog:
        """Return the run as it is there, made where it is not."""
        uri = self.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI", "")
        if not uri:
            raise KDStudioError(
                "MLflow's tracking URI is not given; name a server (--tracking-uri http://localhost:5000), a "
                "database (--tracking-uri sqlite:///mlflow.db), or set MLFLOW_TRACKING_URI"
            )
        with asking(uri):
            client = _client(uri)
            experiment = client.get_experiment_by_name(self.experiment)
            experiment_id = (
                experiment.experiment_id if experiment else client.create_experiment(self.experiment)
            )
            identity = identity_of(summary)
            there = client.search_runs([experiment_id], f"tags.`{IDENTITY}` = '{identity}'", max_results=1)
            begun = summary.begun.timestamp()
            found = (
                there[0]
                if there
                else client.create_run(
                    experiment_id,
                    start_time=round(1000 * begun),
                    tags={IDENTITY: identity},
                    run_name=run.folder.title,
                )
            )
            metrics = frozenset(found.data.metrics)
            return MlflowLog(client, experiment_id, found.info.run_id, uri, begun, {}, metrics)

    def _describe(self, log: MlflowLog, run: LoggedRun, summary: Summary) -> None:
        from mlflow.entities import Param, RunTag

        client, run_id = log.client, log.run_id
        there = client.get_run(run_id).data.params  # which nobody may change
        parameters = [Param(key, value) for key, value in parameters_of(summary).items() if key not in there]
        for begin in range(0, len(parameters), MOST_PARAMETERS):
            client.log_batch(run_id, params=parameters[begin : begin + MOST_PARAMETERS])
        tags = tags_of(summary)
        client.log_batch(run_id, tags=[RunTag(key, cut(text, LONGEST_TAG)) for key, text in tags.items()])
        for file in (run.folder.experiment_file, run.folder.summary_file):
            if file.is_file():
                client.log_artifact(run_id, str(file))
        if self.networks:
            for network in run.folder.networks():
                weights = run.folder.network_file(network)
                for file in (weights, weights.with_suffix(".json")):
                    client.log_artifact(run_id, str(file), "networks")
        status = STATUS.get(summary.status, "KILLED")
        if status == "RUNNING":
            client.update_run(run_id, status=status)
        else:
            client.set_terminated(run_id, status, end_time=round(1000 * (log.begun + summary.seconds)))


def _client(uri: str) -> MlflowClient:
    for name, value in QUIETLY.items():
        os.environ.setdefault(name, value)
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=uri)


@contextmanager
def asking(uri: str) -> Iterator[None]:
    """Let what MLflow or its server refuses be a KDStudioError that names the place and the reason."""
    try:
        yield
    except KDStudioError:
        raise
    except Exception as error:  # of MLflow, requests, sqlalchemy, or the disk
        raise KDStudioError(
            f"MLflow at '{without_passwords(uri)}' takes nothing ({_reason(error)}); "
            "see that it can be reached, or name another tracking URI"
        ) from error


def _reason(error: BaseException) -> str:
    """Return what the system says, where that is the cause, else the first line of what MLflow says."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError) and below.strerror:
            return reason(below)
        below = below.__cause__ or below.__context__
    return cut(without_passwords(printable(str(error).partition("\n")[0])), LONGEST_REASON)


def identity_of(summary: Summary) -> str:
    """Tell a run from all others, under whatever folder it lies."""
    return hashlib.sha256(f"{summary.name} {summary.started}".encode()).hexdigest()[:32]


def key_of(name: str) -> str:
    """Return ``name`` as MLflow takes it."""
    return NOT_IN_A_KEY.sub("-", name)[:LONGEST_KEY]


def cut(text: str, most: int) -> str:
    """Return ``text``, of which MLflow keeps so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def parameters_of(summary: Summary) -> dict[str, str]:
    """Return the run's settings by dotted path."""
    return {key_of(path): cut(value, LONGEST_PARAMETER) for path, value in settings_of(summary).items()}


def tags_of(summary: Summary) -> dict[str, str]:
    """Return what is said of the run: its state, where it ran, and what came out."""
    seeds = {row.coordinates["seed"] for row in summary.networks.values() if "seed" in row.coordinates}
    facts = {
        "kdstudio.name": summary.name,
        "kdstudio.status": summary.spoken_status,
        "kdstudio.seeds": ", ".join(map(str, sorted(seeds, key=str))),
        "kdstudio.device": summary.device,
        **{f"kdstudio.{key_of(name)}": value for name, value in summary.environment.items()},
        "kdstudio.claim": summary.claim.verdict if summary.claim else "",
        "mlflow.note.content": spoken(summary),
    }
    return {name: text for name, text in facts.items() if text}
