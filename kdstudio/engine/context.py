"""The context of one run: its networks and heads, what each of them is, and the stages they learn in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kdstudio.data.declaration import ImageData
from kdstudio.data.feed import Batch, Feed
from kdstudio.data.seeding import derived_seed
from kdstudio.engine.card import NetworkCard
from kdstudio.engine.composition import Composition, PlacedHead, composed_of
from kdstudio.engine.content import digest
from kdstudio.engine.experiment import Experiment, FromFile, FromRun, TrainHere
from kdstudio.engine.identity import CONTROL, STUDENT, TEACHER, Coordinate, Identity
from kdstudio.engine.loading import load_state
from kdstudio.engine.network import Head, Network, Part, network_of
from kdstudio.engine.run_data import RunData
from kdstudio.engine.stage import AfterEpoch, Stage, behind
from kdstudio.engine.terms import GIVEN, LossTerm
from kdstudio.engine.training import TrainingSpec, shared_recipe
from kdstudio.engine.trials import trials_of
from kdstudio.errors import KDStudioError, speaking_of
from kdstudio.models.declaration import ModelSpec
from kdstudio.models.heads.declaration import HeadSpec
from kdstudio.models.modules.drawing import OwnGenerator
from kdstudio.models.modules.layout import build
from kdstudio.models.modules.tapping import activation, preactivation
from kdstudio.processes import ALONE, Processes

WeightsLoader = Callable[[FromFile | FromRun, tuple[str, ...]], dict[str, Tensor]]
"""Reads the weights that an experiment names, for the classes of its data; given by who knows files."""


@dataclass(frozen=True)
class Scorable:
    """What can be scored, kept, exported and looked at: a network, or a composition of several parts."""

    identity: Identity
    logits: str
    """Address of its logits."""
    card: NetworkCard | None = None
    """How to rebuild it; None where a head between the images and the logits was not declared."""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.identity.name


class RunContext:
    """Builds networks, heads and stages for the plan of one run."""

    def __init__(
        self,
        experiment: Experiment,
        data: ImageData | RunData,
        device: torch.device,
        load_weights: WeightsLoader | None = None,
        teacher_seed: int | None = None,
        processes: Processes = ALONE,
    ) -> None:
        """``data`` as loaded, on the CPU; the parts are moved to ``device`` once.

        Without ``load_weights`` every network keeps its random weights: enough to look at a plan.
        ``teacher_seed`` is that of the teachers, where it is not the experiment's. Several ``processes``
        follow the same plan.
        """
        self.experiment = experiment
        self.processes = processes
        self.device = device
        self.data = data if isinstance(data, RunData) else self._run_data(experiment, data)
        self._load_weights = load_weights
        self._teacher_seed = experiment.seed if teacher_seed is None else teacher_seed
        self.networks: dict[str, Network] = {}
        self.heads: dict[str, Head] = {}
        self.scorable: dict[str, Scorable] = {}
        """Every network and composition so far, by its name."""
        self.contents: dict[str, str] = {}
        """Digests of what the weights of networks and heads come from, by name; see ``content.py``."""

    def _run_data(self, experiment: Experiment, data: ImageData) -> RunData:
        return RunData(experiment.data, experiment.seed, data, self.device)

    @property
    def is_looked_at(self) -> bool:
        """Whether the plan is only looked at, and its networks answer nobody."""
        return self._load_weights is None

    def trials(self) -> Iterator[tuple[dict[str, Coordinate], RunContext]]:
        """Yield a context for each trial, with its coordinates; they share the images that are the same."""
        parts = [self.data]
        for trial in trials_of(self.experiment):
            if not trial.coordinates:
                yield {}, self
                return
            data = next((data for data in parts if data.spec == trial.experiment.data), None)
            if data is None:
                data = self._run_data(trial.experiment, self.data.loaded)
                parts.append(data)
            own = RunContext(
                trial.experiment, data, self.device, self._load_weights, trial.teacher_seed, self.processes
            )
            yield trial.coordinates, own

    def content_of(self, name: str) -> str:
        """Return the digest of a part's weights; of a part that was not made here, like no other."""
        return self.contents.setdefault(name, digest(object()))

    def feed(self, stage: Stage) -> Feed:
        """Return the training images as ``stage`` sees them."""
        return self.data.training_feed(stage.training_spec, stage.classes, stage.renumber, seed=stage.seed)

    def plan(self) -> Iterator[Stage]:
        """Follow the strategy's plan from its beginning, with new networks."""
        self.networks, self.heads, self.scorable, self.contents = {}, {}, {}, {}
        with speaking_of("strategy"):
            yield from self.experiment.strategy.plan(self)

    def recipe(self, role: str) -> TrainingSpec:
        """How the network in ``role`` learns."""
        return self.experiment.networks[role].training

    def recipe_of(self, network: Network) -> TrainingSpec:
        """How ``network`` learns."""
        return self.recipe(self.scorable[network.name].identity.role)

    def is_loaded(self, role: str) -> bool:
        """Tell whether the network in ``role`` comes with weights."""
        return not isinstance(self.experiment.networks[role].weights, TrainHere)

    def network(
        self,
        role: str,
        kind: str = "",
        *,
        draw: int = 0,
        classes: Sequence[int] = (),
        start_from: Network | None = None,
        model: ModelSpec | None = None,
        **coordinates: Coordinate,
    ) -> Network:
        """Build the network described for ``role``; its name follows from kind and coordinates.

        Without a ``kind`` it is a teacher, or a student, by its role. Initial weights depend on the run's
        seed, the role and ``draw`` alone: a control built for the student's role starts from the
        student's weights. With outputs for some ``classes`` alone, it starts from the weights of the
        network with all outputs, wherever shapes agree. ``start_from`` gives it the present weights of
        another network; what only the new one has stays as it is built. ``model`` is another architecture
        than the role's, which has the same weights under the same names.
        """
        identity = Identity(
            role=role,
            kind=kind or (TEACHER if role.startswith(TEACHER) else STUDENT),
            coordinates=coordinates,
        )
        spec = self.experiment.networks[role]
        seed = self._teacher_seed if identity.kind == TEACHER else self.experiment.seed
        weights_seed = derived_seed(seed, "weights", role, draw)
        model = model or spec.model
        with speaking_of("networks", role, "model"):
            module = self._module(model, self.data.classes, weights_seed)
        if self._load_weights and not isinstance(spec.weights, TrainHere) and not start_from:
            with speaking_of("networks", role, "weights"):
                load_state(module, self._load_weights(spec.weights, self.data.class_names), role)
        if classes:
            whole = module.state_dict()
            module = self._module(model, len(classes), weights_seed)
            own = module.state_dict()
            same = {key: value for key, value in whole.items() if value.shape == own[key].shape}
            module.load_state_dict(own | same)
        if start_from:
            state = module.state_dict() | start_from.module.state_dict()
            load_state(module, state, f"{identity.name}, from {start_from.name}")
        network = network_of(identity.name, module, model)
        self._refuse_shared_weights(network)
        names = tuple(self.data.class_names[number] for number in classes or range(self.data.classes))
        card = self._card(identity, names, model=model)
        self._enter(identity, network.logits, card)
        self.networks[network.name] = network
        before = self.contents[start_from.name] if start_from else ""
        self.contents[network.name] = digest(weights_seed, spec.weights, card, before)
        return network.to(self.device)

    def _refuse_shared_weights(self, network: Network) -> None:
        """Raise KDStudioError where ``network`` has weights of another's: training one would change both."""
        own = {id(parameter): path for path, parameter in network.module.named_parameters()}
        for other in self.networks.values():
            if path := next((own[id(p)] for p in other.parameters() if id(p) in own), None):
                raise KDStudioError(
                    f"'{network.name}' ({network.architecture}) and '{other.name}' ({other.architecture}) "
                    f"share the weights '{path}'; let each be built with layers of its own"
                )

    def control(
        self, role: str = STUDENT, *, draw: int = 0, classes: Sequence[int] = (), **coordinates: Coordinate
    ) -> Network:
        """Build ``role``'s network once more: what it would be without what the strategy does."""
        return self.network(
            role, CONTROL, draw=draw, classes=classes, start_from=None, model=None, **coordinates
        )

    def _module(self, model: ModelSpec, classes: int, seed: int) -> nn.Module:
        with OwnGenerator(seed):
            try:
                return build(model, self.data.image, classes, self.device)
            except (RuntimeError, ValueError, ZeroDivisionError) as error:
                raise KDStudioError(
                    f"'{model.summary()}' cannot be built for images of "
                    f"{'×'.join(map(str, self.data.image[:3]))}: {error}"
                ) from error

    def _enter(self, identity: Identity, logits: str, card: NetworkCard | None) -> Scorable:
        if identity.name in self.scorable:
            raise KDStudioError(
                f"two networks are called '{identity.name}'; give them coordinates in which they differ"
            )
        self.scorable[identity.name] = entry = Scorable(identity, logits, card)
        return entry

    def _card(
        self,
        identity: Identity,
        class_names: tuple[str, ...],
        *,
        model: ModelSpec | None = None,
        composition: Composition | None = None,
    ) -> NetworkCard:
        return NetworkCard(
            network=identity.name,
            identity=identity,
            model=model,
            composition=composition,
            image=self.data.image[:3],
            class_names=class_names,
            mean=self.data.mean,
            std=self.data.std,
        )

    def head(
        self, name: str, make: HeadSpec | Callable[[], nn.Module], *inputs: str, architecture: str = ""
    ) -> Head:
        """Make the head ``name``, fed with the addresses ``inputs``.

        Its initial weights depend on the run's seed and its name alone. A declared head (``HeadSpec``) can
        be part of a composition; of others, which serve in training alone, ``architecture`` tells people
        what they are.
        """
        if isinstance(make, nn.Module):
            raise KDStudioError(
                f"head '{name}': give what makes the module, for instance lambda: nn.Linear(8, 10), so that "
                "its first weights follow from the run's seed"
            )
        spec = make if isinstance(make, HeadSpec) else None
        weights_seed = derived_seed(self.experiment.seed, "weights", name)
        with OwnGenerator(weights_seed):
            module = make.build() if isinstance(make, HeadSpec) else make()
        summary = architecture or (spec.summary() if spec else "")
        self.heads[name] = Head(name, module, *inputs, architecture=summary, spec=spec)
        self.contents[name] = digest(weights_seed if module.state_dict() else 0, make, inputs)
        return self.heads[name].to(self.device)

    def compose(
        self,
        output: Head,
        kind: str,
        *,
        role: str = STUDENT,
        classes: Sequence[int] = (),
        **coordinates: Coordinate,
    ) -> Scorable:
        """Make a network of its own of everything that ``output``'s value is computed by.

        It can be scored, kept, exported and looked at: an early exit, a branch, an ensemble, a selection. The
        recipe is read off the heads; trunks end where they are last read. ``classes`` are what its outputs
        stand for, none meaning all.
        """
        identity = Identity(role=role, kind=kind, coordinates=coordinates)
        parts = behind(output.name, self.networks, self.heads)
        names = tuple(self.data.class_names[number] for number in classes or range(self.data.classes))
        heads = [part for part in parts.values() if isinstance(part, Head)]
        if any(head.spec is None or {*head.inputs} & {*GIVEN} for head in heads):
            return self._enter(identity, output.name, None)
        trunks = {name: part for name, part in parts.items() if isinstance(part, Network)}
        composition = composed_of(
            output.name,
            {name: (self.model_of(name), len(self._card_of(name).class_names)) for name in trunks},
            {head.name: PlacedHead(head=head.spec, inputs=head.inputs) for head in heads},
        )
        return self._enter(identity, output.name, self._card(identity, names, composition=composition))

    def _card_of(self, network: str) -> NetworkCard:
        card = self.scorable[network].card
        assert card is not None
        return card

    def model_of(self, network: str) -> ModelSpec:
        """Return the architecture of the network called so."""
        model = self._card_of(network).model
        assert model is not None
        return model

    def module_of(self, name: str) -> nn.Module | None:
        """Module of what is called ``name``, sharing the weights in training; None if it has no recipe."""
        card = self.scorable[name].card
        if card is None or card.composition is None:
            return self.networks[name].module if card else None
        networks = {n: self.networks[n].module for n in card.composition.networks}
        return card.composition.assemble(networks, {n: self.heads[n].module for n in card.composition.heads})

    def stage(
        self,
        name: str,
        *updates: Sequence[LossTerm],
        recipe: TrainingSpec | None = None,
        scored: Sequence[Network | Scorable] | None = None,
        classes: Sequence[int] = (),
        renumber: bool = True,
        after_epoch: AfterEpoch | None = None,
        changes: Sequence[Part] = (),
    ) -> Stage:
        """Make the stage in which what the terms' inputs are computed by learns.

        Each of ``updates`` is one forward, backward and step over its terms. Networks and heads follow
        from the addresses that the terms name. Without a ``recipe`` all networks that learn must have the
        same, which is used. ``scored`` are those whose predictions are scored: every network of the
        stage, unless told otherwise. See :class:`Stage` for the rest.
        """
        if any(isinstance(update, LossTerm) for update in updates):
            raise KDStudioError(f"stage '{name}': an update is a list of terms; write [term]")
        addresses = [address for terms in updates for term in terms for address in term.reads]
        addresses += [entry.logits for entry in scored or ()]
        parts: dict[str, Part] = {}
        for address in addresses:
            parts |= behind(address, self.networks, self.heads)
        networks = [network for n, network in self.networks.items() if n in parts]
        return Stage(
            name,
            seed=self._seed_of(updates),
            networks=networks,
            heads=[head for n, head in self.heads.items() if n in parts],
            updates=updates,
            training=recipe or self._shared_recipe(name, updates),
            scored={e.name: e.logits for e in (networks if scored is None else scored)},
            classes=classes,
            renumber=renumber,
            after_epoch=after_epoch,
            changes=changes,
        )

    def _trained(self, updates: Sequence[Sequence[LossTerm]]) -> list[str]:
        """Names of the networks that learn in ``updates``."""
        learners: dict[str, Part] = {}
        for address in (address for terms in updates for term in terms for address in term.learned):
            learners |= behind(address, self.networks, self.heads)
        return [n for n, part in learners.items() if isinstance(part, Network) and not part.frozen]

    def _seed_of(self, updates: Sequence[Sequence[LossTerm]]) -> int:
        """Seed of the order, the views and the draws of a stage: where only teachers learn, theirs."""
        kinds = {self.scorable[name].identity.kind for name in self._trained(updates)}
        return self._teacher_seed if kinds == {TEACHER} else self.experiment.seed

    def _shared_recipe(self, stage: str, updates: Sequence[Sequence[LossTerm]]) -> TrainingSpec:
        """Return the recipe of the networks that learn; KDStudioError where one has another."""
        trained = self._trained(updates)
        if not trained:
            raise KDStudioError(f"no network learns in stage '{stage}'; give the stage a recipe")
        roles = (self.scorable[name].identity.role for name in trained)
        return shared_recipe({role: self.recipe(role) for role in roles})

    def shape(self, network: Network, output: str) -> tuple[int, ...]:
        """Shape of ``output`` (a tap, a path, ``logits``) for one image: ``(C, H, W)`` or ``(C,)``."""
        if not network.has(output):
            raise KDStudioError(
                f"'{network.name}' gives no '{output}'; there are {', '.join(network.outputs)}, and the "
                "paths of its layers"
            )
        with self._tried(network) as images:
            none = torch.zeros(2, dtype=torch.long, device=self.device)
            value: Tensor = network(Batch(images, none, none, none), (output,))[output]
        return tuple(value.shape[1:])

    def preactivation(self, network: Network, tap: str) -> str:
        """Path of what the ReLU behind ``tap`` (or a path) is fed with; the tap itself where there is none.

        As the model declares it, or else found by following one image.
        """
        if tap in network.preactivations:
            return network.preactivations[tap]
        path = network.taps.get(tap, tap)
        with self._tried(network) as images:
            found = preactivation(network.module, images, path)
        return tap if found == path else found

    def activation(self, network: Network, tap: str) -> nn.Module | None:
        """The network's activation that gives ``tap`` (or a path), pooled or not; None if it has none."""
        with self._tried(network) as images:
            return activation(network.module, images, network.taps.get(tap, tap))

    @contextmanager
    def _tried(self, network: Network) -> Iterator[Tensor]:
        """Two empty images, ``network`` in eval mode and no gradients for as long as they are looked at."""
        training = network.training
        network.eval()
        try:
            with torch.no_grad():
                yield torch.zeros(2, *self.data.image[:3], device=self.device)
        finally:
            network.train(training)
