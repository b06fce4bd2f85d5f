import json

import pytest
import torch
from safetensors.torch import load_file

from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape
from kdstudio.models.mlp import MLP
from kdstudio.runs.weights import (
    NetworkCard,
    load_network,
    load_tensors,
    read_card,
    save_network,
    save_tensors,
)

SPEC = MLP(widths=(4,))
CARD = NetworkCard(
    network="student", model=SPEC, image=(1, 3, 3), class_names=("a", "b"), mean=(0.1,), std=(0.2,), epoch=7
)


@pytest.fixture
def saved(tmp_path):
    """A saved network and its file."""
    module = SPEC.build(ImageShape(1, 3, 3), 2)
    save_network(module.state_dict(), CARD, tmp_path / "student.safetensors")
    return module, tmp_path / "student.safetensors"


def test_any_reader_of_safetensors_reads_the_file(saved):
    module, path = saved
    found = load_file(path)
    assert found.keys() == module.state_dict().keys()
    assert all(torch.equal(found[key], value) for key, value in module.state_dict().items())


def test_the_card_is_plain_json(saved):
    card = json.loads(saved[1].with_suffix(".json").read_text())
    assert card == {
        "format": "kdstudio-network-1",
        "network": "student",
        "model": {"name": "mlp", "widths": [4], "input_dropout": 0.0, "dropout": 0.0},
        "image": [1, 3, 3],
        "class_names": ["a", "b"],
        "mean": [0.1],
        "std": [0.2],
        "epoch": 7,
    }
    assert read_card(saved[1]) == CARD


def test_a_rebuilt_network_is_in_eval_mode_and_gives_the_same_outputs(saved):
    module, path = saved
    rebuilt, _card = load_network(path)
    images = torch.randn(5, 1, 3, 3, generator=torch.Generator().manual_seed(0))
    assert not rebuilt.training
    assert torch.equal(rebuilt(images), module(images))


def test_tensors_that_share_memory_or_are_transposed_are_saved_whole(tmp_path):
    base = torch.arange(6.0).reshape(2, 3)
    save_tensors({"turned": base.T}, tmp_path / "some.safetensors", {"kdstudio": "x"})
    assert torch.equal(load_tensors(tmp_path / "some.safetensors")["turned"], base.T)


def test_a_missing_file_and_a_missing_card_are_named(tmp_path, saved):
    with pytest.raises(KDStudioError, match="no weights file"):
        load_tensors(tmp_path / "none.safetensors")
    saved[1].with_suffix(".json").unlink()
    with pytest.raises(KDStudioError, match=r"no 'student.json' beside .*student.safetensors'"):
        load_network(saved[1])


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"network": "x"}', '{"model": {"name": "os.system"}}', "\x00"]
)
def test_a_card_that_describes_no_network_is_named(saved, content):
    saved[1].with_suffix(".json").write_text(content)
    with pytest.raises(KDStudioError, match=r"student.json' does not describe a network"):
        read_card(saved[1])


def test_a_card_that_does_not_fit_its_weights_is_named(saved):
    card = json.loads(saved[1].with_suffix(".json").read_text())
    card["model"]["widths"] = [5]
    saved[1].with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(KDStudioError, match=r"\(4, 9\) in the file, \(5, 9\) in the network"):
        load_network(saved[1])


def test_a_folder_is_no_weights_file(tmp_path):
    (tmp_path / "x.safetensors").mkdir()
    with pytest.raises(KDStudioError, match="is not a readable safetensors file"):
        load_tensors(tmp_path / "x.safetensors")
