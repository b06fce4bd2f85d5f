"""Files of earlier versions: what was called otherwise then is read under its name of now.

A strategy or model that has another name now tells so itself (``formerly`` in its declaration).
"""

from __future__ import annotations

from typing import Any

TRAINING_FIELDS = {"usual_augmentation": "default_augmentation"}
PRESET_NAMES = {"-own-teacher": "-self-distillation"}


def modernised(raw: dict[str, Any]) -> dict[str, Any]:
    """Return an experiment's plain values with the field names of now; what is odd stays as it is."""
    strategy = raw.get("strategy")
    if isinstance(strategy, dict) and "seeds" in strategy:  # of the sweep, which had some of its own
        kept = {key: value for key, value in strategy.items() if key != "seeds"}
        raw = {**raw, "strategy": kept, "seeds": strategy["seeds"]}
    networks = raw.get("networks")
    if not isinstance(networks, dict):
        return raw
    return {**raw, "networks": {role: _modernised_network(network) for role, network in networks.items()}}


def _modernised_network(network: Any) -> Any:  # noqa: ANN401
    training = network.get("training") if isinstance(network, dict) else None
    if not isinstance(training, dict):
        return network
    kept = {key: value for key, value in training.items() if key not in TRAINING_FIELDS}
    renamed = {now: training[then] for then, now in TRAINING_FIELDS.items() if then in training}
    return {**network, "training": {**kept, **renamed}}


def preset_of_now(name: str) -> str:
    """Return the name that a preset has now."""
    for then, now in PRESET_NAMES.items():
        name = name.replace(then, now)
    return name
