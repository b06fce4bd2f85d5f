"""What contrastive representation distillation learns beside the student: embeddings and memories."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from kdstudio.engine.losses.geometry import unit


class Contrast(nn.Module):
    """Tells an image's pair of student and teacher embeddings from pairs with other images.

    The memories hold an embedding of every training image by each of the two networks; they are
    buffers, so a checkpoint carries them. They change in training mode only. Tian, Krishnan, Isola 2020.
    """

    memories: Tensor
    normaliser: Tensor
    labels: Tensor
    by_class: Tensor
    counts: Tensor
    starts: Tensor

    def __init__(
        self,
        student: int,
        teacher: int,
        labels: Tensor,
        *,
        size: int,
        negatives: int,
        temperature: float,
        momentum: float,
    ) -> None:
        """``student`` and ``teacher`` are sizes of features; ``labels`` ``(N,)`` of all training images.

        At most N negatives are drawn. Raises ValueError where all images are of one class.
        """
        super().__init__()
        count = len(labels)
        counts = torch.bincount(labels)
        if counts.max() == count:
            raise ValueError("images are told from those of other classes, but there is one class only")
        self.student = nn.Linear(student, size)
        self.teacher = nn.Linear(teacher, size)
        self.negatives = min(negatives, count)
        self.temperature = temperature
        self.momentum = momentum
        bound = math.sqrt(3 / size)
        self.register_buffer("memories", torch.empty(2, count, size).uniform_(-bound, bound))
        self.register_buffer("normaliser", torch.zeros(2, 1, 1))
        for name, value in {
            "labels": labels,
            "by_class": labels.argsort(stable=True),
            "counts": counts,
            "starts": counts.cumsum(0) - counts,
        }.items():
            self.register_buffer(name, value, persistent=False)

    def forward(self, student: Tensor, teacher: Tensor, index: Tensor) -> Tensor:
        """Return log-odds ``(2, B, 1 + K)`` of the image's own pair and of K pairs with other images.

        Features ``(B, …)``, ``index`` ``(B,)``. First the student's embeddings against the teacher's
        memory, then the other way round. Computed in float32.
        """
        with torch.autocast(student.device.type, enabled=False):
            embeddings = torch.stack(
                [unit(self.student(student.flatten(1))), unit(self.teacher(teacher.flatten(1)))]
            )
            compared = torch.cat([index[:, None], self._others(index)], 1)
            opposite = self.memories.flip(0)  # a copy, so the memories may change before backward
            cosines = (embeddings @ opposite.transpose(1, 2)).gather(2, compared.expand(2, -1, -1))
            scores = cosines / self.temperature
            estimate = scores.detach().exp().mean((1, 2), keepdim=True) * len(self.labels)
            normaliser = torch.where(self.normaliser > 0, self.normaliser, estimate)
            if self.training:
                self.normaliser.copy_(normaliser)
                self._remember(embeddings.detach(), index)
            return scores - normaliser.log() - math.log(self.negatives / len(self.labels))

    def _others(self, index: Tensor) -> Tensor:
        """Draw ``(B, K)`` images of other classes than those at ``index``, with replacement."""
        own = self.labels[index]
        count, start = self.counts[own, None], self.starts[own, None]
        drawn = torch.randint(2**40, (len(index), self.negatives), device=index.device)
        drawn %= len(self.labels) - count
        return self.by_class[drawn + count * (drawn >= start)]

    def _remember(self, embeddings: Tensor, index: Tensor) -> None:
        """Move the memories of the images at ``index`` towards their new ``embeddings``."""
        kept = self.momentum * self.memories[:, index]
        self.memories[:, index] = unit(kept + (1 - self.momentum) * embeddings)
