"""The processes that train one run together (torch.distributed), and what they tell each other.

What all have alike is *whole*: a value for every image of a batch. What each computes of it are the rows of
its *share*. A gradient of what is whole is known to all; of what is in shares, each knows its own rows.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor, distributed

from kdstudio.errors import KDStudioError, LostProcessError

if TYPE_CHECKING:
    from torch.distributed import Store

T = TypeVar("T")

LONGEST_WAIT = timedelta(minutes=30)
"""After which a process that is silent, though its connections are there, is given up."""
JOIN_WAIT = timedelta(minutes=5)
"""How long the others are waited for in the beginning."""
LOOK = 0.05
"""Seconds between two looks whether all have answered."""
ROLL_CALL = 5.0
"""Seconds in which the processes that are left have to answer."""


@dataclass(frozen=True)
class Processes:
    """One of the processes, and the ways to the others. A single one needs no torch.distributed."""

    rank: int = 0
    """Its number, from 0."""
    count: int = 1
    local_rank: int = 0
    """Its number on its machine."""
    hosts: tuple[str, ...] = ("",)
    """Name of each one's machine."""
    store: Store | None = None
    """Where each leaves word of its end."""
    synchronised: bool = True
    """Whether batch norm takes mean and variance over all processes' rows, else over each one's own."""

    @property
    def on_this_machine(self) -> int:
        """Count the processes that share this one's machine."""
        return self.hosts.count(self.hosts[self.rank])

    def share(self, length: int) -> Share:
        """Return this process's share of so many rows."""
        return Share(self, length)

    def joined(self, own: Tensor, sizes: Sequence[int]) -> Tensor:
        """Return the rows of all, rank by rank, of which each has its ``own``; without gradient.

        ``sizes`` has the number of each one's rows, whose shape and type are the same.
        """
        if self.count == 1:
            return own
        padded = own.new_zeros(max(sizes), *own.shape[1:])
        padded[: sizes[self.rank]] = own
        found = [torch.empty_like(padded) for _ in sizes]
        with self._together():
            distributed.all_gather([_bytes(part) for part in found], _bytes(padded))
        return torch.cat([part[:size] for part, size in zip(found, sizes, strict=True)])

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Make each of ``tensors``, of one type, the sum of all processes' one, the same bits everywhere."""
        if self.count == 1 or not tensors:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        with self._together():
            distributed.all_reduce(flat)
        for tensor, summed in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
            tensor.copy_(summed.view_as(tensor))

    def total(self, value: Tensor) -> Tensor:
        """Return the sum of what each has of ``value``; its gradient is the sum of what each knows of it."""
        return value if self.count == 1 else _Total.apply(value, self)  # type: ignore[no-untyped-call,no-any-return]

    def counted_once(self, value: Tensor) -> Tensor:
        """Return ``value``, from which all compute the same, so that only the first passes gradient on."""
        return value if self.count == 1 else _CountedOnce.apply(value, self)  # type: ignore[no-untyped-call,no-any-return]

    def largest(self, value: Tensor) -> Tensor:
        """Return the largest of all, number by number, without gradient."""
        if self.count == 1:
            return value
        found = value.detach().clone()
        with self._together():
            distributed.all_reduce(found, distributed.ReduceOp.MAX)
        return found

    def largest_number(self, number: int) -> int:
        """Return the largest of all processes' ``number``."""
        return number if self.count == 1 else int(self.largest(torch.tensor(number)))

    def same(self, tensors: Iterable[Tensor], source: int = 0) -> None:
        """Give ``tensors`` the values that they have in the process of rank ``source``."""
        if self.count == 1:
            return
        for tensor in tensors:
            value = tensor.detach()
            sent = value.contiguous()
            with self._together():
                distributed.broadcast(_bytes(sent), source)
            if sent is not value:
                value.copy_(sent)

    def agreed(self, value: T) -> T:
        """Return what ``value`` is in the first process."""
        return self.from_first(lambda: value)

    def from_first(self, make: Callable[[], T]) -> T:
        """Return what ``make`` gives in the first process; it is called there alone."""
        if self.count == 1:
            return make()
        told: list[Any] = [None if self.rank else make()]
        with self._together():
            distributed.broadcast_object_list(told, src=0, device=torch.device("cpu"))
        found: T = told[0]
        return found

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Let the first process of each machine go through what is within before its others do."""
        if self.local_rank:
            self.largest_number(0)
        yield
        if not self.local_rank:
            self.largest_number(0)
        self.largest_number(0)

    @contextmanager
    def _together(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            raise self._lost(error) from error

    def leave(self, reason: str = "") -> bool:
        """Take leave of the others; with a ``reason`` they cannot go on, and know why.

        Tells whether the first process has heard of it, and tells people.
        """
        if self.count == 1:
            return True
        assert self.store is not None
        fails = bool(reason) and distributed.is_initialized()
        is_heard = False
        with suppress(RuntimeError):  # whoever keeps the store may have gone
            if fails:
                self.store.set(f"reason/{self.rank}", reason)
            _close()
            if not fails:
                self._here()
            else:
                is_heard = self._answer()
                if not self.rank:  # the store may go with it
                    self._absent(range(1, self.count))
        return is_heard

    def _lost(self, error: RuntimeError) -> LostProcessError:
        """Find out which process has gone, and why."""
        _close()  # the others notice that something is wrong
        assert self.store is not None
        is_first_there = self.rank == 0
        absent: list[int] = []
        reasons: dict[int, str] = {}
        with suppress(RuntimeError):  # the first one keeps the store, where no launcher does
            is_first_there = self._answer()
            absent = self._absent(range(1, self.count))
            reasons = {
                rank: self.store.get(f"reason/{rank}").decode()
                for rank in range(self.count)
                if self.store.check([f"reason/{rank}"])
            }
        if not is_first_there:
            absent = [0, *absent]
        if reasons:
            rank, reason = next(iter(reasons.items()))
            found = LostProcessError(f"{self._named([rank])} has failed: {reason}")
        elif absent:
            found = LostProcessError(f"{self._named(absent)} is gone")
        else:
            found = LostProcessError(f"the processes have lost each other: {str(error).splitlines()[0]}")
        found.is_told = self.rank > 0 and is_first_there
        return found

    def _here(self) -> None:
        assert self.store is not None
        self.store.set(f"here/{self.rank}", "")

    def _answer(self) -> bool:
        """Answer those that call, once the first one has, which then waits for all; tell whether it has."""
        is_first_there = not (self.rank and self._absent([0]))
        self._here()
        return is_first_there

    def _absent(self, ranks: Iterable[int]) -> list[int]:
        """Call the processes of ``ranks``; return those that do not answer in time."""
        assert self.store is not None
        absent, end = [*ranks], time.monotonic() + ROLL_CALL
        while absent and time.monotonic() < end:
            absent = [rank for rank in absent if not self.store.check([f"here/{rank}"])]
            time.sleep(LOOK if absent else 0)
        return absent

    def _named(self, ranks: Sequence[int]) -> str:
        """``rank 1 of 2 (on host)``."""
        named = ", ".join(map(str, ranks))
        hosts = ", ".join(dict.fromkeys(self.hosts[rank] for rank in ranks))
        return f"the process of rank {named} (of {self.count}, on {hosts})"


ALONE = Processes()
"""A run that one process trains."""


def join(rank: int, count: int, local_rank: int) -> Processes:
    """Join the others at the place that the environment names (MASTER_ADDR, MASTER_PORT).

    Numbers in memory go by gloo, those on GPUs by NCCL. Raises KDStudioError where they are not found.
    """
    if not distributed.is_available():
        raise KDStudioError(
            "this torch is built without torch.distributed; run in one process, or install another"
        )
    on_gpus = torch.cuda.is_available() and distributed.is_nccl_available()
    try:
        store, _rank, _count = next(iter(distributed.rendezvous("env://", rank, count, timeout=JOIN_WAIT)))
        store.set_timeout(LONGEST_WAIT)
        distributed.init_process_group(
            "cpu:gloo,cuda:nccl" if on_gpus else "gloo",
            store=distributed.PrefixStore("groups", store),
            rank=rank,
            world_size=count,
            timeout=LONGEST_WAIT,
        )
        hosts: list[Any] = [None] * count
        distributed.all_gather_object(hosts, socket.gethostname())
    except (RuntimeError, ValueError, OSError) as error:
        raise KDStudioError(
            f"the process of rank {rank} (of {count}) does not find the others: "
            f"{str(error).splitlines()[0]}; start all {count}, with the same MASTER_ADDR and MASTER_PORT"
        ) from error
    return Processes(rank, count, local_rank, tuple(hosts), distributed.PrefixStore("ends", store))


def _close() -> None:
    if distributed.is_initialized():
        distributed.destroy_process_group()


def _bytes(tensor: Tensor) -> Tensor:
    """The same memory as plain bytes, which every backend sends whatever they mean."""
    return tensor.view(-1).view(torch.uint8)


@dataclass(frozen=True)
class Share:
    """One process's rows of a batch of ``length``: the first ranks have one more where it does not divide."""

    processes: Processes
    length: int

    @property
    def sizes(self) -> list[int]:
        """Number of rows of each process."""
        each, rest = divmod(self.length, self.processes.count)
        return [each + (rank < rest) for rank in range(self.processes.count)]

    @property
    def start(self) -> int:
        """Number of its first row."""
        return sum(self.sizes[: self.processes.rank])

    @property
    def size(self) -> int:
        """Number of its rows."""
        return self.sizes[self.processes.rank]

    @property
    def shown(self) -> slice:
        """Rows that it computes: its own, or the first where it has none, lest a network is fed nothing."""
        return slice(self.start, self.start + self.size) if self.size else slice(0, 1)

    @property
    def shown_size(self) -> int:
        """Number of rows that it computes."""
        return max(self.size, 1)

    def divided(self, things: Sequence[T]) -> list[Sequence[T]]:
        """Return the ``things``, as many as there are rows, of each process."""
        ends = [*accumulate(self.sizes)]
        return [things[end - size : end] for size, end in zip(self.sizes, ends, strict=True)]

    def whole(self, shown: Tensor) -> Tensor:
        """Return the rows of all, of which each has those ``shown``."""
        own = shown[: self.size]
        return _Whole.apply(own, self)  # type: ignore[no-untyped-call,no-any-return]

    def own(self, whole: Tensor) -> Tensor:
        """Return the rows ``shown`` of what is ``whole``."""
        own: Tensor = _Own.apply(whole, self)  # type: ignore[no-untyped-call]
        return own if self.size else torch.cat([own, whole[:1].detach()])


class _Whole(torch.autograd.Function):
    """From shares to what is whole."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, share: Share) -> Tensor:  # noqa: ANN401
        ctx.share = share
        return share.processes.joined(own.contiguous(), share.sizes)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        return _Own.apply(gradient, ctx.share), None  # type: ignore[no-untyped-call]


class _Own(torch.autograd.Function):
    """From what is whole to a share."""

    @staticmethod
    def forward(ctx: Any, whole: Tensor, share: Share) -> Tensor:  # noqa: ANN401
        ctx.share = share
        return whole[share.start : share.start + share.size].clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        return _Whole.apply(gradient, ctx.share), None  # type: ignore[no-untyped-call]


class _Total(torch.autograd.Function):
    """The sum over the processes, of values as of gradients."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, processes: Processes) -> Tensor:  # noqa: ANN401
        ctx.processes = processes
        found = value.clone()
        processes.add_up([found])
        return found

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        return _Total.apply(gradient, ctx.processes), None  # type: ignore[no-untyped-call]


class _CountedOnce(torch.autograd.Function):
    """Itself, with gradient in the first process alone."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, processes: Processes) -> Tensor:  # noqa: ANN401
        ctx.processes = processes
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        return gradient if ctx.processes.rank == 0 else torch.zeros_like(gradient), None
