"""How a network learns: epochs, batches, optimiser, schedule, augmentation. A leaf: it knows no network."""

from __future__ import annotations

from collections.abc import Mapping

from kdstudio.data.augmentation import Augmentation, Mixing
from kdstudio.data.declaration import ClassName
from kdstudio.declaration import Declaration, option
from kdstudio.engine.optimization import SGD, AnyOptimizer, AnySchedule, OneCycle
from kdstudio.errors import KDStudioError


class TrainingSpec(Declaration):
    """How long and with what steps a network learns."""

    epochs: int = option(20, "Epochs", "Passes over the training images.", unit="epochs", ge=1, le=10000)
    batch_size: int = option(128, "Batch size", "Images in a step.", unit="images", ge=1, le=65536)
    optimizer: AnyOptimizer = option(SGD(), "Optimiser", "How gradients become steps.")
    schedule: AnySchedule = option(OneCycle(), "Schedule", "Course of the learning rate.")
    max_norm: float = option(
        0.0,
        "Max-norm",
        "Longest allowed vector of incoming weights of a unit; longer ones are scaled back "
        "after each step. 0 means no limit.",
        ge=0,
        le=1000,
        advanced=True,
        term="weight-norm",
    )
    leave_out: tuple[ClassName, ...] = option(
        (),
        "Leave out",
        "Numbers or names of classes that this network never sees in training.",
        term="unseen-class",
    )
    fraction: float = option(
        1.0,
        "Fraction",
        "Share of the training images, of every class alike, that this network sees in training: a student "
        "with few images can be taught by a teacher that has seen all.",
        gt=0,
        le=1,
    )
    default_augmentation: bool = option(
        False, "Default augmentation", "Use the data set's own instead of what follows.", advanced=True
    )
    augmentation: Augmentation = option(Augmentation(), "Augmentation", "Changes of the images.")
    views_per_image: int = option(
        0,
        "Views per image",
        "0: all that the augmentation has. Else each block of 128 images keeps to so many, drawn once from "
        "the seed, and a frozen teacher answers each once (fast knowledge distillation, Shen and Xing "
        "2022): with 16, 240 epochs of crops and flips ask it 16 times an image instead of about 125, and "
        "its answers take less room. The student sees fewer different images, which can cost accuracy.",
        unit="views",
        ge=0,
        le=65536,
        advanced=True,
    )
    mixing: Mixing = option(Mixing(), "Mixing", "Mixing of images and labels.", advanced=True)


def shared_recipe(recipes: Mapping[str, TrainingSpec]) -> TrainingSpec:
    """Return the recipe that all networks have, by role; KDStudioError where one has another."""
    (first, recipe), *others = recipes.items()
    for role, other in others:
        if differing := [field for field, value in recipe if getattr(other, field) != value]:
            raise KDStudioError(
                f"all networks learn side by side, but {role} has another {', '.join(differing)} than "
                f"{first}; make networks.{role}.training equal to networks.{first}.training"
            )
    return recipe
