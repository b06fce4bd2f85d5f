"""Proving exported files: their runtimes answer every test image, beside the run's network, and are timed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from kdstudio.declaration import ProgressCallback
from kdstudio.runs.exporting.child import Child, ChildError
from kdstudio.runs.exporting.measuring import timing
from kdstudio.runs.exporting.records import BATCHES, Latency
from kdstudio.runs.formats.declaration import MOST_IMAGES, ExportFormat

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from kdstudio.data.feed import Feed

ROUNDS = 4
"""Of timing, over all files in turn, so that all meet the same load."""
FIRST_BATCHES = (1, 5, 32)
"""Batch sizes that every file is asked with before full ones: a frozen batch size must show."""
COMPARING, TIMING = 0.2, 0.6
"""Share of the work that is done before the answers are compared, and before they are timed."""
TOLERANCE = 1e-3
"""Of the largest score: a float32 file that differs more does not hold what was trained."""


@dataclass
class Proof:
    """How a file answers, and how fast."""

    images: int = 0
    right: int = 0
    same: int = 0
    """Answers that are those of the run's network."""
    largest_difference: float = 0.0
    largest_score: float = 0.0
    """Of the run's network; what differences are small against."""
    seconds: dict[int, list[float]] = field(default_factory=lambda: {batch: [] for batch in BATCHES})

    @property
    def latencies(self) -> tuple[Latency, ...]:
        """Of all rounds, by batch."""
        timed = ((batch, timing(seconds)) for batch, seconds in self.seconds.items())
        return tuple(Latency(batch=batch, **found._asdict()) for batch, found in timed)

    def add(self, answers: np.ndarray, expected: Tensor, labels: Tensor) -> None:
        """Count the answers to some images, ``(B, K)``, beside the run's own."""
        import torch

        found = torch.from_numpy(answers)
        if found.shape != expected.shape:
            raise ChildError(f"it answers {tuple(found.shape)} where {tuple(expected.shape)} was expected")
        self.images += len(labels)
        self.right += int((found.argmax(1) == labels).sum())
        self.same += int((found.argmax(1) == expected.argmax(1)).sum())
        difference = float((found - expected).abs().nan_to_num(math.inf).max())
        self.largest_difference = max(self.largest_difference, difference)
        self.largest_score = max(self.largest_score, float(expected.abs().max()))

    def check(self) -> None:
        """Raise ChildError where these cannot be the answers of what was trained."""
        if self.largest_difference > TOLERANCE * max(1.0, self.largest_score):
            raise ChildError(
                "read back, it answers otherwise than the run's network: "
                f"{self.same} of {self.images} answers are the same, the largest difference is "
                f"{self.largest_difference:g}"
            )


class _Portion(NamedTuple):
    """Some images as a kind of file takes them, the run's own answers, and the labels."""

    images: Tensor
    expected: Tensor
    labels: Tensor


class Prover:
    """Files of one network, each opened in a process of its own for as long as the ``with`` block lasts."""

    def __init__(
        self,
        files: Mapping[Path, ExportFormat],
        progress: ProgressCallback,
        threads: int,
        *,
        exact: bool,
        allow_code: bool,
    ) -> None:
        """``progress`` may raise to cancel; ``exact`` networks answer alike in every float32 file."""
        self.proofs = {path: Proof() for path in files}
        self.failures: dict[Path, str] = {}
        """Why a file could not be proved."""
        self._files, self._progress = files, progress
        self._threads, self._exact, self._allow_code = threads, exact, allow_code
        self._children = {path: Child() for path in files}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Use it in a ``with`` block."""
        for child in self._children.values():
            self._stack.enter_context(child)
        return self

    def __exit__(self, *_raised: object) -> None:
        """End their processes."""
        self._stack.close()

    def open(self) -> None:
        """Load all files, each with its runtime."""
        self._each(self._open, "opening", 0.0)

    def compare(self, module: nn.Module, feed: Feed) -> None:
        """Ask all of ``feed``, whose labels are the numbers of the outputs, and ``module`` too."""
        import torch

        seen = 0
        for images, labels in _portions(feed):
            with torch.inference_mode():
                logits = module(images).float()
            pixels = feed.pixels(images).permute(0, 2, 3, 1).contiguous()
            asked = {
                False: _Portion(images, logits, labels),
                True: _Portion(pixels, logits.softmax(1), labels),
            }
            done = COMPARING + (TIMING - COMPARING) * seen / len(feed)
            self._each(partial(self._ask, asked), "answers of", done)
            seen += len(labels)
        self._each(self._check, "answers of", TIMING)

    def time(self, image: tuple[int, int, int]) -> None:
        """Time all in turn, round by round."""
        turns = [(batch, number) for batch in BATCHES for number in range(ROUNDS)]
        for place, (batch, _) in enumerate(turns):
            done = TIMING + (1 - TIMING) * place / len(turns)
            self._each(partial(self._time, batch, image), f"latency of {batch} in", done)

    def _each(self, act: Callable[[Path], None], what: str, fraction: float) -> None:
        """Do it with every file that has not failed."""
        for path in [path for path in self._files if path not in self.failures]:
            self._progress(f"{what} {path.name}", fraction)
            try:
                act(path)
            except ChildError as error:
                self.failures[path] = str(error)

    def _open(self, path: Path) -> None:
        task = {
            "path": str(path),
            "format": self._files[path].model_dump(),
            "threads": self._threads,
            "allow_code": self._allow_code,
        }
        self._children[path].start("kdstudio.runs.exporting.measuring", task)
        self._children[path].hear()

    def _ask(self, asked: Mapping[bool, _Portion], path: Path) -> None:
        images, expected, labels = asked[self._files[path].takes_pixels]
        self.proofs[path].add(self._children[path].answer(images.numpy()), expected, labels)

    def _time(self, batch: int, image: tuple[int, int, int], path: Path) -> None:
        channels, height, width = image
        if self._files[path].takes_pixels:
            order = {"do": "time", "shape": (batch, height, width, channels), "dtype": "uint8"}
        else:
            order = {"do": "time", "shape": (batch, *image), "dtype": "float32"}
        self.proofs[path].seconds[batch] += self._children[path].ask(order)

    def _check(self, path: Path) -> None:
        if self._exact and self._files[path].precision == "float32":
            self.proofs[path].check()


def _portions(feed: Feed) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield all images, normalised, with their labels, the first ones in the sizes that must work."""
    sizes = list(FIRST_BATCHES)
    for batch in feed.in_order():
        start = 0
        while start < len(batch):
            end = start + (sizes.pop(0) if sizes else MOST_IMAGES)
            yield batch.images[start:end], batch.labels[start:end]
            start = end
