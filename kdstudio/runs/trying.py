"""A run's networks asked about pictures that are in no data set: loaded once, each asked for its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kdstudio.declaration import ProgressCallback
from kdstudio.runs.comparison import main_control
from kdstudio.runs.dark_knowledge import chosen_networks
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.pictures import Picture
from kdstudio.runs.weights import load_network

if TYPE_CHECKING:
    from torch import Tensor, nn

    from kdstudio.engine.card import NetworkCard
    from kdstudio.models.declaration import ImageShape


@dataclass(frozen=True)
class Replies:
    """What networks answer to one picture."""

    picture: Picture
    logits: dict[str, Tensor]
    """float32 ``(K,)`` by the network's name."""
    classes: dict[str, tuple[str, ...]]
    """What these stand for; a network may tell only some classes apart."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """All classes that one of the networks can answer with."""
        widest = max(self.classes.values(), key=len)
        return tuple(dict.fromkeys([*widest, *(name for names in self.classes.values() for name in names)]))

    def probabilities(self, temperature: float = 1.0) -> dict[str, dict[str, float]]:
        """Softened probabilities by network and class."""
        from kdstudio.engine.softening import softened

        return {
            network: dict(zip(self.classes[network], softened(z[None], temperature)[0].tolist(), strict=True))
            for network, z in self.logits.items()
        }


@dataclass(frozen=True)
class Respondents:
    """Networks of one run, in memory."""

    run: RunFolder
    networks: dict[str, nn.Module]
    cards: dict[str, NetworkCard]
    drawn_share: float
    """How large figures are in the images of the run's data."""

    @property
    def shape(self) -> ImageShape:
        """Shape and normalisation of the images that they know."""
        return next(iter(self.cards.values())).image_shape

    def answer(self, picture: Picture) -> Replies:
        """Ask every network."""
        import torch

        from kdstudio.data.normalisation import Normalisation

        logits = {}
        for name, network in self.networks.items():
            normalise = Normalisation(self.cards[name].mean, self.cards[name].std)
            with torch.no_grad():
                logits[name] = network(normalise(picture.pixels[None]))[0].float()
        return Replies(picture, logits, {name: card.class_names for name, card in self.cards.items()})


def load_respondents(
    folder: RunFolder,
    student: str | None = None,
    teacher: str | None = None,
    progress: ProgressCallback = lambda _what, _fraction: None,
    *,
    allow_code: bool = False,
) -> Respondents:
    """Load a student, its teacher and its control; None means what is usual. No data are needed.

    Raises KDStudioError where a network is not there, or would run code without ``allow_code``.
    """
    own, other = chosen_networks(folder, student, teacher)
    control = main_control(folder.summary(), folder.networks(), own)
    wanted = dict.fromkeys(filter(None, (other, control, own)))
    networks, cards = {}, {}
    for name in wanted:
        progress(f"loading the {name}", 0.0)
        networks[name], cards[name] = load_network(folder.network_file(name), allow_code=allow_code)
    share = folder.experiment().data.source.drawn_share
    return Respondents(folder, networks, cards, share)
