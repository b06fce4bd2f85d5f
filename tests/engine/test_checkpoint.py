import torch

from kdstudio.engine.checkpoint import BestEpoch, Checkpoint, Progress


def test_tensors_are_found_under_their_prefix():
    one, two, three = (torch.tensor(value) for value in (1, 2, 3))
    checkpoint = Checkpoint(
        tensors={"networks/a/weight": one, "networks/ab/weight": two, "best/a/weight": three}
    )
    assert checkpoint.under("networks/a") == {"weight": one}
    assert checkpoint.under("losses") == {}


def test_progress_survives_json():
    best = {"student": BestEpoch(epoch=2, accuracy=0.1 + 0.2, loss=1 / 3)}
    progress = Progress(stage=1, epoch=3, step=7, seconds=12.5, best=best)
    assert Progress.model_validate_json(progress.model_dump_json()) == progress
