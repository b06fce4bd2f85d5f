"""The state of one stage in training: its optimisers, its epoch, its best weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from kdstudio.data.feed import Batch
from kdstudio.engine.checkpoint import BestEpoch, Checkpoint
from kdstudio.engine.events import Scores
from kdstudio.engine.network import Network
from kdstudio.engine.stage import Stage
from kdstudio.engine.trained import Trained
from kdstudio.errors import KDStudioError
from kdstudio.processes import ALONE, Processes

States = dict[str, dict[str, Tensor]]
"""State dicts by the name of the network or head."""


class StageRun:
    """Takes steps, remembers the best epoch, and can be saved and restored between two steps."""

    def __init__(
        self, stage: Stage, device: torch.device, precision: str, processes: Processes = ALONE
    ) -> None:
        """``stage`` lies on ``device`` and has been dry-run (lazy heads have their shape).

        Of several ``processes`` all take the same steps, each with its share of every batch.
        """
        self.stage = stage
        self._processes = processes
        self.learners: dict[str, nn.Module] = {}
        """The modules of the networks and heads in training, by their names."""
        self.optimizers: list[Optimizer] = []
        for update in range(len(stage.updates)):
            learners = stage.learners(update)
            self.learners |= {name: learner.module for name, learner in learners.items()}
            parameters = dict.fromkeys(p for learner in learners.values() for p in learner.parameters())
            self.optimizers.append(stage.training_spec.optimizer.build(parameters))
        self._refuse_shared_weights()
        self.synchronise()
        self.changing = self.learners | {name: part.module for name, part in stage.changes.items()}
        """The modules whose weights are others after the stage."""
        self.epoch = 0
        self.step = 0
        self.best: dict[str, BestEpoch] = {}
        self.best_states: dict[str, States] = {}
        """For each score, the weights of its networks and heads after the best epoch."""
        self.losses = {term.name: torch.zeros((), device=device) for term in stage.terms}
        """Each term's loss, unweighted, times the images of its batch, summed over the epoch's steps."""
        self.first_losses: dict[str, float] = {}
        """Mean loss of each term over the first epoch's images, once that is over."""
        self.last_losses: dict[str, float] = {}
        """The same of the latest epoch."""
        self.gradient_norms = {
            term.name: torch.zeros((), device=device)
            for update in stage.updates
            if len(update) > 1
            for term in update
        }
        """Of terms that share a update, summed over the epoch's measurements."""
        self.precision = precision
        self.autocast = torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")
        """In which the forward pass of a step is computed; nothing is scored in it."""

    def _refuse_shared_weights(self) -> None:
        """Raise KDStudioError where two updates would step the same weights, each with its own momentum."""
        owners: dict[int, str] = {}
        for update in range(len(self.stage.updates)):
            here = {
                id(p): name for name, part in self.stage.learners(update).items() for p in part.parameters()
            }
            for parameter, name in here.items():
                other = owners.setdefault(parameter, name)
                if other != name:
                    raise KDStudioError(
                        f"stage '{self.stage.name}': '{other}' and '{name}' share weights and learn in "
                        "different updates; put their terms into one update, or give each its own module"
                    )
            if self._processes.count > 1:
                self._refuse_twice_computed(update)

    def _refuse_twice_computed(self, update: int) -> None:
        """Raise KDStudioError where weights have gradients of a share and of whole batches."""
        parts = self.stage.learners(update)
        networks = {name: part for name, part in parts.items() if isinstance(part, Network)}
        owners = {id(p): name for name, network in networks.items() for p in network.parameters()}
        for name in parts.keys() - networks.keys():
            if shared := owners.keys() & {*map(id, parts[name].parameters())}:
                raise KDStudioError(
                    f"stage '{self.stage.name}': '{name}' has weights of '{owners[shared.pop()]}', which "
                    "several processes cannot train; give it its own, or run in one process"
                )

    @property
    def scored(self) -> dict[str, str]:
        """Addresses to be scored after each epoch: those of networks that change."""
        return {
            name: address
            for name, address in self.stage.scored.items()
            if not self.changing.keys().isdisjoint(self.stage.behind(address))
        }

    def weights(self) -> dict[str, float]:
        """Weight of each term in the current epoch."""
        progress = self.epoch / max(self.stage.training_spec.epochs - 1, 1)
        return {term.name: term.weight_at(progress) for term in self.stage.terms}

    def learning_rate(self, steps_per_epoch: int) -> float:
        """Learning rate of the next step; of the last one when the epoch's steps are done."""
        spec = self.stage.training_spec
        epoch = self.epoch + min(self.step, steps_per_epoch - 1) / steps_per_epoch
        return spec.optimizer.learning_rate * spec.schedule.factor(epoch, spec.epochs)

    def take_step(
        self, batch: Batch, rate: float, weights: Mapping[str, float], *, measure: bool = False
    ) -> None:
        """Forward, backward and update, update by update; sums the losses over images, on the device, unread.

        With ``measure``, also the size of each weighted term's gradient.
        """
        for update, optimizer in enumerate(self.optimizers):
            for group in optimizer.param_groups:
                group["lr"] = rate
            with self.autocast:
                losses: dict[str, Tensor] = self.stage(batch, update)
            weighted = {name: weights[name] * loss for name, loss in losses.items()}
            if measure and len(weighted) > 1:
                self._measure(update, weighted)
            total = torch.stack(list(weighted.values())).sum()
            optimizer.zero_grad()
            total.backward()  # type: ignore[no-untyped-call]
            self._add_up_gradients(update)
            optimizer.step()
            self._limit_norms(optimizer)
            for name, loss in losses.items():
                self.losses[name] += len(batch) * loss.detach()
        self.step += 1

    def _add_up_gradients(self, update: int) -> None:
        """Sum up what each process knows of the gradients.

        Those of networks are of its rows alone. Those of heads, which all compute from what is whole, would
        be the same but for rounding: the first process's count.
        """
        if self._processes.count == 1:
            return
        gradients = []
        for part in self.stage.learners(update).values():
            found = [p.grad for p in part.parameters() if p.grad is not None]
            if self._processes.rank and not isinstance(part, Network):
                for gradient in found:
                    gradient.zero_()
            gradients += found
        self._processes.add_up(gradients)

    def synchronise(self) -> None:
        """Take over the first process's weights and buffers, from which rounding may have led others away."""
        if self._processes.count > 1:
            self._processes.same(self.stage.state_dict().values())

    def _measure(self, update: int, weighted: Mapping[str, Tensor]) -> None:
        """Add up the length of each term's gradient to the weights of the networks in training."""
        networks = [part for part in self.stage.learners(update).values() if isinstance(part, Network)]
        parameters = [*dict.fromkeys(p for n in networks for p in n.parameters() if p.requires_grad)]
        for name, loss in weighted.items():
            found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
            gradients = [gradient for gradient in found if gradient is not None]
            self._processes.add_up(gradients)
            norms = [gradient.norm() for gradient in gradients]
            if norms:
                self.gradient_norms[name] += torch.stack(norms).norm()

    @torch.no_grad()
    def _limit_norms(self, optimizer: Optimizer) -> None:
        """Scale back every unit's incoming weights that are longer than the limit."""
        limit = self.stage.training_spec.max_norm
        if limit:
            for parameter in (parameter for group in optimizer.param_groups for parameter in group["params"]):
                if parameter.ndim > 1:
                    parameter.renorm_(2, 0, limit)

    def end_epoch(self, losses: Mapping[str, float], selection: Mapping[str, Scores]) -> None:
        """Count the epoch and keep the weights of every network that was never better.

        ``losses`` are the epoch's means by term, ``selection`` the scores that the best epoch is chosen by.
        """
        self.epoch += 1
        self.last_losses = dict(losses)
        if self.epoch == 1:
            self.first_losses = self.last_losses
        self.step = 0
        for total in (*self.losses.values(), *self.gradient_norms.values()):
            total.zero_()
        for name, scores in selection.items():
            best = self.best.get(name)
            if best is None or (scores.accuracy, -scores.loss) > (best.accuracy, -best.loss):
                self.best[name] = BestEpoch(epoch=self.epoch, accuracy=scores.accuracy, loss=scores.loss)
                self.best_states[name] = self._states_behind(name)

    def _learners_behind(self, scored: str) -> dict[str, nn.Module]:
        """Changing modules that the score called ``scored`` depends on."""
        behind = self.stage.behind(self.stage.scored[scored])
        return {name: module for name, module in self.changing.items() if name in behind}

    def _states_behind(self, scored: str) -> States:
        return {name: copied_state(module) for name, module in self._learners_behind(scored).items()}

    def use_best(self, scored: str) -> States:
        """Put the best weights into what is behind ``scored``; returns the last ones."""
        last = self._states_behind(scored)
        self.use(scored, self.best_states[scored])
        return last

    def use(self, scored: str, states: States) -> None:
        """Put ``states`` into the networks and heads behind ``scored``."""
        for name, module in self._learners_behind(scored).items():
            module.load_state_dict(states[name])

    def tensors(self) -> dict[str, Tensor]:
        """Everything that a checkpoint must hold, copied; contiguous, as files hold it."""
        found = {f"losses/{name}": total for name, total in self.losses.items()}
        found |= {f"gradients/{name}": total for name, total in self.gradient_norms.items()}
        for name, module in self.changing.items():
            found |= {f"networks/{name}/{key}": v for key, v in module.state_dict().items()}
        for scored, states in self.best_states.items():
            for name, state in states.items():
                found |= {f"best/{scored}/{name}/{key}": value for key, value in state.items()}
        for update, optimizer in enumerate(self.optimizers):
            for number, values in optimizer.state_dict()["state"].items():
                for key, value in values.items():
                    if value is not None:
                        found[f"optimizer/{update}/{number}/{key}"] = torch.as_tensor(value)
        return {
            address: value.detach().cpu().clone(memory_format=torch.contiguous_format)
            for address, value in found.items()
        }

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from ``checkpoint``; KDStudioError where other networks, heads or terms have made it."""
        self._refuse_others(checkpoint)
        self.epoch, self.step = checkpoint.progress.epoch, checkpoint.progress.step
        self.best = dict(checkpoint.progress.best)
        self.first_losses = dict(checkpoint.progress.first_losses)
        self.last_losses = dict(checkpoint.progress.last_losses)
        self.best_states = {
            scored: {
                name: checkpoint.under(f"best/{scored}/{name}") for name in self._learners_behind(scored)
            }
            for scored in self.best
        }
        for name, module in self.changing.items():
            module.load_state_dict(checkpoint.under(f"networks/{name}"))
        for name, value in checkpoint.under("losses").items():
            self.losses[name].copy_(value)
        for name, value in checkpoint.under("gradients").items():
            self.gradient_norms[name].copy_(value)
        for update, optimizer in enumerate(self.optimizers):
            parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
            state: dict[int, dict[str, Tensor]] = {}
            for address, value in checkpoint.under(f"optimizer/{update}").items():
                number, _, key = address.partition("/")
                state.setdefault(int(number), {})[key] = _laid_out_as(parameters[int(number)], value)
            groups = optimizer.state_dict()["param_groups"]
            optimizer.load_state_dict({"state": state, "param_groups": groups})

    def take_over(self, trained: Trained) -> None:
        """Stand where another run stood after the last epoch; the epochs have been counted."""
        self.best = trained.best
        for name, module in self.changing.items():
            module.load_state_dict(trained.last_states[name])
        self.best_states = {
            scored: trained.best_states.get(scored) or self._states_behind(scored) for scored in self.best
        }

    def _refuse_others(self, checkpoint: Checkpoint) -> None:
        """Former versions gave some strategies and terms other heads."""
        kinds = ("networks/", "losses/")
        own, others = (
            {(address, value.shape) for address, value in tensors.items() if address.startswith(kinds)}
            for tensors in (self.tensors(), checkpoint.tensors)
        )
        if differing := own ^ others:
            address = min(differing)[0]
            raise KDStudioError(
                f"stage '{self.stage.name}' cannot go on: another version has written the checkpoint, and "
                f"'{address.partition('/')[2]}' is not in both; run the experiment anew, or go on with that "
                "version"
            )


def copied_state(module: nn.Module) -> dict[str, Tensor]:
    """State dict on the CPU, sharing nothing with ``module``."""
    return {key: value.detach().cpu().clone() for key, value in module.state_dict().items()}


def _laid_out_as(parameter: Tensor, value: Tensor) -> Tensor:
    """Give an optimiser's ``value`` the layout of its parameter, which a fused step takes for granted."""
    same = value.shape == parameter.shape
    return torch.empty_like(parameter, dtype=value.dtype).copy_(value) if same else value
