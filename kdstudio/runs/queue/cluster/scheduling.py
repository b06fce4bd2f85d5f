"""The workers of a queue on a Ray cluster: a thread here for each run there, which keeps its entry true.

Whoever schedules takes an entry and holds its lock, hands it to Ray as a task, and writes down what the node
tells. Where the node or its process is lost the lock is let go, so that the entry is taken again, and its run
goes on from its last checkpoint: as with a worker of this machine.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from threading import Event, Thread
from time import monotonic
from typing import Any
from uuid import uuid4

from kdstudio.errors import KDStudioError
from kdstudio.runs.control import wish_for
from kdstudio.runs.failure import failure
from kdstudio.runs.files import write_atomically, writing
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.queue.cluster.bringing import Brought, Bundle, Gathering
from kdstudio.runs.queue.cluster.exchange import Exchange, News, Wanted
from kdstudio.runs.queue.cluster.node import LONGEST_MARK, MARK, Terms, carry_out
from kdstudio.runs.queue.entry import Entry
from kdstudio.runs.queue.queue import Queue, Taken
from kdstudio.runs.queue.shares import Share, room, usual_share
from kdstudio.runs.reading import read_file

LOOK_SECONDS = 0.2
"""How often the news of a run are fetched."""
BEGIN_SECONDS = 180.0
"""How long the cluster may take for its first process of ours."""
SAME = "install the same KD Studio on all nodes"
COUNT_SECONDS = 2.0
"""How often it is counted what the cluster has."""


class ClusterWorkers:
    """As many runs at once as the cluster has room for; :class:`Workers` for a cluster."""

    def __init__(self, queue: Queue, ray: Any, lock: str, cpus: int | None, gpus: float | None) -> None:  # noqa: ANN401
        """``lock`` is one of the queue that is held here; what a run has, if not told, is the usual share.

        Raises KDStudioError where no node has room for a run.
        """
        self._queue, self._ray, self._lock = queue, ray, lock
        usual = usual_share(self._nodes())
        self.share = Share(cpus or usual.cpus, usual.gpus if gpus is None else gpus)
        self._room, self._counted = room(self._nodes(), self.share), monotonic()
        self._mark = uuid4().hex
        with writing("queue", queue.folder.path, "try again"):
            write_atomically(queue.folder.file(MARK, ""), self._mark)
        self._exchange = self._make_exchange()
        self._task = ray.remote(max_retries=0, num_cpus=self.share.cpus, num_gpus=self.share.gpus)(carry_out)
        self._leaving = Event()
        self._keys: set[str] = set()
        self._threads: list[Thread] = []
        self._faults: list[KDStudioError] = []
        self.unseen: set[str] = set()
        """Machines that do not share the runs folder, so that their runs are brought to it."""

    def _nodes(self) -> list[dict[str, float]]:
        return [node["Resources"] for node in self._ray.nodes() if node["Alive"]]

    def _make_exchange(self) -> Any:  # noqa: ANN401
        """Begin it, on this machine where that is a node; KDStudioError where KD Studio is not there."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        ray = self._ray
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
        made = ray.remote(num_cpus=0, scheduling_strategy=here)(Exchange).remote()
        try:
            ray.get(made.forget.remote(""), timeout=BEGIN_SECONDS)
        except ray.exceptions.GetTimeoutError as error:
            raise KDStudioError(
                f"the Ray cluster has begun nothing within {BEGIN_SECONDS:.0f} s; see 'ray status'"
            ) from error
        except ray.exceptions.RayError as error:
            raise KDStudioError(f"a node cannot load KD Studio ({_last_line(error)}); {SAME}") from error
        return made

    def have(self, entry: Entry) -> bool:
        """Tell whether ``entry`` is run by one of them, was last, or has just been taken for one."""
        return entry.key in self._keys or (entry.worker == os.getpid() and not entry.elsewhere)

    def work(self, entries: Sequence[Entry], *, allow_code: bool) -> None:
        """Let what is due of ``entries`` be run, as far as there is room."""
        if monotonic() - self._counted > COUNT_SECONDS:
            with suppress(KDStudioError):  # a node may come back
                self._room = room(self._nodes(), self.share)
            self._counted = monotonic()
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        due = sum(entry.is_due for entry in entries)
        for _number in range(min(due, self._room - len(self._threads))):
            self._threads.append(Thread(target=self._run_next, args=[allow_code], name="run on a node"))
            self._threads[-1].start()

    @property
    def is_leaving(self) -> bool:
        """Tell whether runs are to be kept for another day."""
        return self._leaving.is_set()

    def check(self) -> None:
        """Raise the KDStudioError for which nothing more can be done."""
        self.check_folder()
        if self._faults:
            raise self._faults[0]

    def check_folder(self) -> None:
        """Raise KDStudioError where the runs folder has gone, be it that another is in its place."""
        file = self._queue.folder.file(MARK, "")
        try:
            is_ours = read_file(file, LONGEST_MARK).decode() == self._mark
        except (OSError, ValueError):
            is_ours = False
        if not is_ours:
            raise self._queue.gone()

    def leave(self) -> None:
        """Want no more: runs are kept with checkpoints."""
        self._leaving.set()

    def finish(self, seconds: float) -> None:
        """Wait for their ends, but no longer than that."""
        until = monotonic() + seconds
        for thread in self._threads:
            thread.join(max(until - monotonic(), 0))
        self._queue.folder.file(MARK, "").unlink(missing_ok=True)

    def _run_next(self, allow_code: bool) -> None:
        queue = Queue(self._queue.runs)  # which keeps what it has read, for one thread
        try:
            taken = None if self.is_leaving else queue.take()
            if taken is None:
                return
            self._keys.add(taken.entry.key)
            try:
                _Errand(self, queue, taken, allow_code=allow_code).run()
            finally:
                taken.lock.release()
        except KDStudioError as error:
            self._faults.append(error)


class _Errand:
    """One run on a node, from here."""

    def __init__(self, workers: ClusterWorkers, queue: Queue, taken: Taken, *, allow_code: bool) -> None:
        self._workers, self._queue, self._entry = workers, queue, taken.entry
        self._ray, self._exchange = workers._ray, workers._exchange
        self._brought: Brought | None = None
        self._has_begun = False
        self._terms = Terms(
            task=f"{taken.entry.key}/{taken.entry.tries}",
            runs=str(queue.runs.resolve()),
            mark=workers._mark,
            lock=workers._lock,
            cores=workers.share.cpus,
            allow_code=allow_code,
        )

    def run(self) -> None:
        """Have it run; what is lost with its node is left as it is, for the next one that takes it."""
        errors = self._ray.exceptions
        try:
            entry = self._carried_out(None)
            if entry is None:
                entry = self._carried_out(self._parcel())
            if entry:
                self._take(entry)
        except errors.RayTaskError as error:
            self._fail(error.cause if isinstance(error.cause, BaseException) else error)
        except errors.TaskCancelledError:
            self._queue.note(self._entry, "waiting" if self._workers.is_leaving else "cancelled")
        except errors.RayError as error:
            self._log(error)
        finally:
            if self._brought:
                self._brought.close()

    def _carried_out(self, parcel: Bundle | None) -> Entry | None:
        self._entry = self._queue.note(self._entry, doing="waiting for a node")
        task = self._workers._task.remote(self._entry, self._terms, self._exchange, parcel)
        try:
            is_cancelled = False
            while True:
                wanted = self._wanted()
                if wanted in ("stop", "leave") and not (self._has_begun or is_cancelled):
                    self._ray.cancel(task)
                    is_cancelled = True
                ended, _ = self._ray.wait([task], timeout=LOOK_SECONDS)
                self._workers.check_folder()  # else a new one would be made for what is told
                for news in self._heard(wanted):
                    self._take(news)
                if ended:
                    found: Entry | None = self._ray.get(task)
                    return found
        finally:
            self._exchange.forget.remote(self._terms.task)

    def _heard(self, wanted: Wanted) -> list[News]:
        try:
            found: list[News] = self._ray.get(self._exchange.hear.remote(self._terms.task, wanted))
        except self._ray.exceptions.RayError as error:
            raise KDStudioError(
                f"the Ray cluster has gone ({_last_line(error)}); once it is there again, "
                "'kdstudio queue run' goes on from the last checkpoints"
            ) from error
        return found

    def _wanted(self) -> Wanted:
        """Say what is wanted of the run; wishes in its folder, too, where the node does not see that."""
        if self._workers.is_leaving:
            return "leave"
        if self._queue.is_to_stop(self._entry.key):
            return "stop"
        return wish_for(self._brought.folder) if self._brought and self._brought.folder else "go on"

    def _take(self, news: News) -> None:
        """Write down what the node tells."""
        self._has_begun = True
        if isinstance(news, Bundle):
            if self._brought is None:
                self._brought = Brought(self._queue.runs, self._entry.run)
            self._brought.take(news)
            return
        if self._brought and self._brought.folder and news.run:
            news = news.model_copy(update={"run": self._brought.folder.name})
        if self._brought:
            self._workers.unseen.add(news.host)
        self._entry = self._queue.write(news)

    def _parcel(self) -> Bundle:
        return Gathering().changed(RunFolder(self._queue.runs / self._entry.run))

    def _log(self, error: BaseException) -> None:
        """Keep how it was lost where the next one that is looks for the reason."""
        with suppress(OSError), self._queue.log_file.open("a", encoding="utf-8") as log:
            log.write(f"{self._entry.key} on {self._entry.host}: {type(error).__name__}: {error}\n")

    def _fail(self, error: BaseException) -> None:
        """Write down what kept the node from beginning."""
        told = failure(error)
        known = isinstance(error, KDStudioError)
        message = told.message if known else f"a node could not begin it ({_last_line(error)}); {SAME}"
        self._queue.note(self._entry, "failed", message=message, details=told.details)


def _last_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__
