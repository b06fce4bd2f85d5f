"""How fast is training by soft targets, beside torchdistill and a plain loop on the same networks?

uv run --group bench python benchmarks/peers.py [--pairs 5] [--jobs perceptrons convolutions]

Two jobs, batches of 128, SGD with momentum, random images: perceptrons 1200-1200 → 800-800 at 28×28, and
ResNet-56 → ResNet-20 at 32×32 with random crops and flips. In every pair each side trains the student for
some steps, in turn, on as many threads; printed are medians over the pairs of images a second, and of their
ratios within a pair. Sides:

- torchdistill: its DistillationBox with KDLoss, data loader and torchvision's transforms in the same process;
- plain: a loop over tensors in memory, float32, the teacher asked in each step;
- cold: KD Studio, nothing remembered: the teacher is asked about every image of the epoch;
- warm: KD Studio, the teacher's answers in the views of this epoch remembered, as a run before has left them;
- labels: KD Studio training the same student on the labels alone.
"""

import argparse
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn import functional

from kdstudio.data.augmentation import Augmentation
from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.engine.answers import AnswerStore, Place
from kdstudio.engine.context import RunContext
from kdstudio.engine.events import EpochDone
from kdstudio.engine.trainer import Trainer
from kdstudio.models.declaration import ImageShape, ModelSpec
from kdstudio.models.mlp import MLP
from kdstudio.models.resnet import ResNet
from kdstudio.runs.presets import validate

CPU = torch.device("cpu")
BATCH = 128
TEMPERATURE, ALPHA = 4.0, 0.1
RATE, MOMENTUM = 0.01, 0.9


@dataclass(frozen=True)
class Job:
    """Teacher and student, and how many random images they are given."""

    teacher: ModelSpec
    student: ModelSpec
    image: ImageShape
    classes: int
    images: int
    augmentation: Augmentation


JOBS = {
    "perceptrons": Job(
        MLP(widths=(1200, 1200)), MLP(widths=(800, 800)), ImageShape(1, 28, 28), 10, 60 * BATCH,
        Augmentation(),
    ),
    "convolutions": Job(
        ResNet(depth=56), ResNet(depth=20), ImageShape(3, 32, 32), 100, 16 * BATCH,
        Augmentation(jitter=4, flip=True),
    ),
}  # fmt: skip


def pixels(job: Job) -> tuple[Tensor, Tensor]:
    """Random images, uint8, and labels."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (job.images, *job.image[:3]), dtype=torch.uint8, generator=generator)
    return images, torch.randint(job.classes, (job.images,), generator=generator)


def networks(job: Job) -> tuple[nn.Module, nn.Module]:
    """Teacher, frozen, and student, with random weights."""
    teacher, student = (spec.build(job.image, job.classes) for spec in (job.teacher, job.student))
    return teacher.requires_grad_(False).eval(), student.train()


def kd_loss(student: Tensor, teacher: Tensor, labels: Tensor) -> Tensor:
    """Hinton's loss."""
    soft = functional.kl_div(
        (student / TEMPERATURE).log_softmax(1), (teacher / TEMPERATURE).softmax(1), reduction="batchmean"
    )
    return ALPHA * functional.cross_entropy(student, labels) + (1 - ALPHA) * TEMPERATURE**2 * soft


def plain(job: Job) -> Callable[[], float]:
    """Return what trains one epoch and tells the images a second."""
    images, labels = pixels(job)
    teacher, student = networks(job)
    optimizer = torch.optim.SGD(student.parameters(), RATE, MOMENTUM)

    def epoch() -> float:
        began = time.perf_counter()
        for index in torch.randperm(job.images).split(BATCH):
            views = torch.randint(job.augmentation.views, (len(index),))
            batch = job.augmentation.apply(images[index], views).float() / 255
            with torch.no_grad():
                target = teacher(batch)
            loss = kd_loss(student(batch), target, labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return job.images / (time.perf_counter() - began)

    return epoch


class Transformed(torch.utils.data.Dataset[tuple[Tensor, int]]):
    """Images one by one through torchvision's transforms."""

    def __init__(self, job: Job) -> None:
        """Crops and flips where the job has them."""
        from torchvision import transforms

        self.images, self.labels = pixels(job)
        size, jitter = job.image.height, job.augmentation.jitter
        moves = (
            [transforms.RandomCrop(size, padding=jitter), transforms.RandomHorizontalFlip()] if jitter else []
        )
        self.transform = transforms.Compose([*moves, transforms.ConvertImageDtype(torch.float32)])

    def __len__(self) -> int:
        """Count the images."""
        return len(self.images)

    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        """One image and its label."""
        return self.transform(self.images[place]), int(self.labels[place])


def torchdistill(job: Job) -> Callable[[], float]:
    """Return what trains one epoch and tells the images a second."""
    from torchdistill.core.distillation import DistillationBox

    logging.disable(logging.INFO)
    teacher, student = networks(job)
    whole = {"path": ".", "io": "output"}
    loss = {
        f"{who}_module_{key}": value for who in ("student", "teacher") for key, value in whole.items()
    } | {"temperature": TEMPERATURE, "alpha": ALPHA, "reduction": "batchmean"}
    loader = {
        "dataset_id": "train",
        "sampler": {"class_or_func": torch.utils.data.RandomSampler},
        "kwargs": {"batch_size": BATCH, "num_workers": 0},
    }
    box = DistillationBox(
        teacher,
        student,
        {"train": Transformed(job)},
        {
            "num_epochs": 1,
            "train_data_loader": loader,
            "teacher": {"forward_proc": "forward_batch_only", "requires_grad": False},
            "student": {"forward_proc": "forward_batch_only"},
            "optimizer": {"key": "SGD", "kwargs": {"lr": RATE, "momentum": MOMENTUM}},
            "criterion": {
                "key": "WeightedSumLoss",
                "kwargs": {
                    "sub_terms": {"kd": {"criterion": {"key": "KDLoss", "kwargs": loss}, "weight": 1.0}}
                },
            },
        },
        CPU,
        None,
        False,
        1,
    )

    def epoch() -> float:
        box.pre_epoch_process(epoch=0)
        began = time.perf_counter()
        for batch, labels, supplement in box.train_data_loader:
            box.post_forward_process(loss=box.forward_process(batch, labels, supplement))
        return job.images / (time.perf_counter() - began)

    return epoch


class MemoryStore:
    """Remembered answers as files would keep them, without the disk."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._blocks: dict[tuple[str, Place], bytes] = {}

    def read(self, key: str, places: Collection[Place]) -> dict[Place, bytes]:
        """Return what is there."""
        return {place: self._blocks[key, place] for place in places if (key, place) in self._blocks}

    def write(self, key: str, about: Mapping[str, str], blocks: Iterable[tuple[Place, bytes]]) -> None:
        """Keep all."""
        self._blocks |= {(key, place): block for place, block in blocks}

    def complaints(self) -> list[str]:
        """None."""
        return []


def trainer(job: Job, strategy: str, compute: dict[str, object], store: AnswerStore | None = None) -> Trainer:
    """Return KD Studio's side, ready to train one epoch."""
    images, labels = pixels(job)
    part = LabelledImages(images, labels)
    statistics = (0.5,) * job.image.channels, (0.25,) * job.image.channels
    names = tuple(str(number) for number in range(job.classes))
    data = ImageData(part, part, names, *statistics)
    recipe = {
        "epochs": 1,
        "batch_size": BATCH,
        "optimizer": {"name": "sgd", "learning_rate": RATE, "momentum": MOMENTUM, "nesterov": False},
        "schedule": {"name": "constant"},
        "augmentation": job.augmentation.model_dump(),
    }
    loaded = {"origin": "file", "path": "nowhere"}  # never read: the context is given no loader
    described = {
        "student": {"model": job.student.model_dump(), "training": recipe},
        "teacher": {"model": job.teacher.model_dump(), "weights": loaded},
    }
    raw = {
        "data": {"source": {"name": "digits"}, "validation": 1.5 * job.classes / job.images},
        "strategy": {"name": strategy, **({"baseline": False} if strategy == "hinton" else {})},
        "networks": described if strategy == "hinton" else {"student": described["student"]},
        "compute": compute,
    }
    return Trainer(RunContext(validate(raw, "peers"), data, CPU), store=store)


def kd_studio(job: Job, strategy: str, compute: dict[str, object], store: AnswerStore | None = None) -> float:
    """Train; returns the images a second, what it takes to ask or look up included."""
    events = trainer(job, strategy, compute, store).events()
    return [event.images_per_second for event in events if isinstance(event, EpochDone)][-1]


def measure(job: Job, pairs: int, threads: int, precision: str) -> list[dict[str, float]]:
    """Images a second of every side, pair by pair."""
    torch.set_num_threads(threads)
    compute = {"device": "cpu", "threads": threads, "precision": precision}
    others = {"torchdistill": torchdistill(job), "plain": plain(job)}
    for epoch in others.values():
        epoch()  # to warm up
    found = []
    for _pair in range(pairs):
        speeds = {name: epoch() for name, epoch in others.items()}
        store = MemoryStore()
        speeds["cold"] = kd_studio(job, "hinton", compute, store)
        speeds["warm"] = kd_studio(job, "hinton", compute, store)
        speeds["labels"] = kd_studio(job, "supervised", compute)
        found.append(speeds)
    return found


def main() -> None:
    """Print a table for each job."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jobs", nargs="*", choices=JOBS, default=list(JOBS))
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--precision", choices=("float32", "bfloat16", "auto"), default="auto")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    for name in args.jobs:
        found = measure(JOBS[name], args.pairs, args.threads, args.precision)
        print(f"\n{name}, {args.threads} threads, precision {args.precision}")
        print(f"median of {args.pairs} pairs (lowest to highest)")
        print(f"{'':14}{'images/s':>10}{'/torchdistill':>28}{'/plain':>28}{'/labels':>28}")
        for side in found[0]:
            ratios = [
                sorted(s[side] / s[other] for s in found) for other in ("torchdistill", "plain", "labels")
            ]
            told = "".join(f"{f'{median(r):.2f} ({r[0]:.2f} to {r[-1]:.2f})':>28}" for r in ratios)
            print(f"{side:14}{median(s[side] for s in found):10,.0f}{told}")


if __name__ == "__main__":
    main()
