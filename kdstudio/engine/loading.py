"""Putting weights into a network, with a word on what does not fit."""

from __future__ import annotations

from torch import Tensor, nn

from kdstudio.errors import KDStudioError


def load_state(module: nn.Module, state: dict[str, Tensor], what: str) -> None:
    """Load ``state`` into ``module``; KDStudioError says what does not fit."""
    own = module.state_dict()
    missing, unexpected = own.keys() - state.keys(), state.keys() - own.keys()
    shapes = [
        f"{key} is {tuple(state[key].shape)} in the file, {tuple(own[key].shape)} in the network"
        for key in own.keys() & state.keys()
        if own[key].shape != state[key].shape
    ]
    faults = [f"{len(missing)} missing ({sorted(missing)[0]} …)"] if missing else []
    faults += [f"{len(unexpected)} unknown ({sorted(unexpected)[0]} …)"] if unexpected else []
    faults += sorted(shapes)[:3]
    if faults:
        raise KDStudioError(
            f"the weights given for the {what} do not fit its architecture: {'; '.join(faults)}; "
            "choose the architecture they were trained with"
        )
    module.load_state_dict(state)
