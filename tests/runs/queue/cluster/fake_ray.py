"""Ray for tests: tasks are threads of this process, actors are objects, and each can be lost."""

import sys
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from types import ModuleType, SimpleNamespace


class RayError(Exception):
    """Ray's."""


class GetTimeoutError(RayError):
    """Ray's."""


class TaskCancelledError(RayError):
    """Ray's."""


class RayTaskError(RayError):
    """Ray's: what a task has raised."""

    def __init__(self, cause):
        super().__init__(str(cause))
        self.cause = cause


class FakeRay(ModuleType):
    """One node of one core; ``has_room`` tells whether tasks begin."""

    exceptions = SimpleNamespace(
        RayError=RayError,
        GetTimeoutError=GetTimeoutError,
        TaskCancelledError=TaskCancelledError,
        RayTaskError=RayTaskError,
    )

    def __init__(self):
        super().__init__("ray")
        self.has_room = True
        self.threads = ThreadPoolExecutor()

    def install(self, monkeypatch):
        strategies = ModuleType("ray.util.scheduling_strategies")
        strategies.NodeAffinitySchedulingStrategy = lambda _node, soft: None
        for name, module in (
            ("ray", self),
            ("ray.util", ModuleType("ray.util")),
            (strategies.__name__, strategies),
        ):
            monkeypatch.setitem(sys.modules, name, module)

    def nodes(self):
        return [{"Alive": True, "Resources": {"CPU": 1.0}}, {"Alive": False, "Resources": {"CPU": 9.0}}]

    def get_runtime_context(self):
        return SimpleNamespace(get_node_id=lambda: "here")

    def remote(self, **_options):
        return lambda what: SimpleNamespace(
            remote=(lambda: Actor(what()))
            if isinstance(what, type)
            else lambda *told: self._begin(what, told)
        )

    def _begin(self, program, told):
        return self.threads.submit(program, *told) if self.has_room else Future()

    def cancel(self, task):
        if task.cancel():
            task.set_running_or_notify_cancel()

    def wait(self, tasks, timeout):
        done, waiting = wait_for(tasks, timeout)
        return [*done], [*waiting]

    def get(self, task, timeout=None):
        if not isinstance(task, Future):
            return task
        if task.cancelled():
            raise TaskCancelledError
        try:
            return task.result()
        except RayError:
            raise
        except Exception as error:
            raise RayTaskError(error) from error


class Actor:
    """Answers at once."""

    def __init__(self, own):
        self._own = own

    def __getattr__(self, name):
        return SimpleNamespace(remote=getattr(self._own, name))
