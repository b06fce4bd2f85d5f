"""Architectures to choose from."""

from kdstudio.models.catalogue import known_models
from kdstudio.models.declaration import models


def test_those_made_here_come_first_and_all_can_be_told_apart():
    known = list(known_models())
    elsewhere = [bool(spec.library) for spec in known]
    assert elsewhere == sorted(elsewhere)
    assert {"resnet-8x4", "mlp 1200-1200", "torchvision resnet18"} <= {spec.summary() for spec in known}
    assert len({spec.summary() for spec in known}) == len(known)
    assert {spec.name for spec in known} <= {*models}
