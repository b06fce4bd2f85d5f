import json
import os
from collections import OrderedDict
from typing import ClassVar, Literal

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from kdstudio.engine.card import NetworkCard
from kdstudio.engine.identity import Identity
from kdstudio.engine.loading import load_state
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape, ModelSpec
from kdstudio.models.mlp import MLP
from kdstudio.runs.weights import (
    check_code,
    load_network,
    load_tensors,
    load_weights_file,
    read_card,
    save_network,
    save_tensors,
)

SPEC = MLP(widths=(4,))
CARD = NetworkCard(
    network="student", identity=Identity(role="student", kind="student"), model=SPEC, image=(1, 3, 3),
    class_names=("a", "b"), mean=(0.1,), std=(0.2,), epoch=7,
)  # fmt: skip


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
        "format": "kdstudio-network-2",
        "network": "student",
        "identity": {"role": "student", "kind": "student", "coordinates": {}},
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


STATE = SPEC.build(ImageShape(1, 3, 3), 2).state_dict()


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def prefixed(state):
    return OrderedDict((f"module.{name}", tensor) for name, tensor in state.items())


@pytest.mark.parametrize("suffix", ["pt", "pth"])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_pytorch_state_dict_is_read(tmp_path, suffix, zipped):
    path = tmp_path / f"some.{suffix}"
    torch.save(STATE, path, _use_new_zipfile_serialization=zipped)
    assert same(load_weights_file(path, ("x", "y")), STATE)


@pytest.mark.parametrize(
    "wrapped",
    [
        {"state_dict": STATE, "epoch": 3},
        {"model_state_dict": STATE, "optimizer": {"lr": 0.1}},
        {"model": STATE, "args": ["--lr", "0.1"]},
        {"net": prefixed(STATE), "acc": 91.2},
        {"state_dict": prefixed(STATE)},
        {"state_dict": {"model": STATE}},
        prefixed(STATE),
    ],
)
def test_a_state_dict_is_found_in_what_training_scripts_save(tmp_path, wrapped):
    torch.save(wrapped, tmp_path / "some.pt")
    assert same(load_weights_file(tmp_path / "some.pt", ("a", "b")), STATE)


class Bomb:
    """What an attacker pickles: reading it makes a folder."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("place", [lambda bomb: bomb, lambda bomb: {"state_dict": {"weight": bomb}}])
def test_a_file_that_would_run_code_is_refused_and_nothing_is_run(tmp_path, place, zipped):
    path = tmp_path / "some.pt"
    torch.save(place(Bomb(tmp_path / "executed")), path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(KDStudioError) as caught:
        load_weights_file(path, ("a", "b"))
    assert not (tmp_path / "executed").exists()
    assert str(caught.value).startswith(f"'{path}' is not a plain PyTorch state dict; nothing in it was run")
    assert "weights_only" not in str(caught.value)
    torch.load(path, weights_only=False)
    assert (tmp_path / "executed").exists(), "the bomb is one"


def test_a_pickled_module_is_refused(tmp_path):
    torch.save(nn.Linear(3, 2), tmp_path / "some.pt")
    with pytest.raises(
        KDStudioError, match=r"is not a plain PyTorch state dict.*Save the model's state_dict"
    ):
        load_weights_file(tmp_path / "some.pt", ("a", "b"))


@pytest.mark.parametrize(
    "content", [torch.zeros(3), [1, 2], {"epoch": 3}, {"state_dict": {"weight": "text"}}, "text", None]
)
def test_a_file_without_a_state_dict_is_named(tmp_path, content):
    torch.save(content, tmp_path / "some.pt")
    with pytest.raises(KDStudioError, match=r"some.pt' holds no state dict of tensors; save the model's"):
        load_weights_file(tmp_path / "some.pt", ("a", "b"))


@pytest.mark.parametrize(
    "content", [b"", b"\0", b"\x80", b"PK\x03\x04", b"hello world " * 9, b"\x80\x02}q\x00("]
)
def test_a_damaged_state_dict_is_named(tmp_path, content):
    (tmp_path / "some.pth").write_bytes(content)
    with pytest.raises(KDStudioError, match=r"some.pth' is not a plain PyTorch state dict"):
        load_weights_file(tmp_path / "some.pth", ("a", "b"))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_state_dict_cut_short_anywhere_is_named(tmp_path, zipped):
    path = tmp_path / "some.pt"
    torch.save(STATE, path, _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    for length in range(0, len(content), 61):
        path.write_bytes(content[:length])
        with pytest.raises(KDStudioError, match=r"some.pt' is not a plain PyTorch state dict"):
            load_weights_file(path, ("a", "b"))


def test_a_missing_state_dict_and_a_folder_are_named(tmp_path):
    with pytest.raises(KDStudioError, match=r"no weights file '.*none.pt'"):
        load_weights_file(tmp_path / "none.pt", ("a", "b"))
    (tmp_path / "folder.pt").mkdir()
    with pytest.raises(KDStudioError, match=r"folder.pt' is not a plain PyTorch state dict"):
        load_weights_file(tmp_path / "folder.pt", ("a", "b"))


def test_exported_weights_are_read_for_their_own_classes(saved):
    module, path = saved
    assert same(load_weights_file(path, ["a", "b"]), module.state_dict())


@pytest.mark.parametrize("names", [("a", "c"), ("b", "a"), ("a", "b", "c"), ("a",)])
def test_weights_made_for_other_classes_are_refused_and_both_are_told(saved, names):
    with pytest.raises(KDStudioError) as caught:
        load_weights_file(saved[1], names)
    message = str(caught.value)
    assert f"the network in '{saved[1]}' was trained for 2 classes (a, b)" in message
    assert f"but the data has {len(names)} classes ({', '.join(names)})" in message


def test_many_classes_are_told_by_the_first(saved):
    with pytest.raises(KDStudioError, match=r"has 100 classes \(0, 1, 2, 3, 4, 5, …\); choose another one"):
        load_weights_file(saved[1], tuple(map(str, range(100))))


def test_weights_without_a_card_are_read_for_any_classes(saved):
    saved[1].with_suffix(".json").unlink()
    assert same(load_weights_file(saved[1], ("x",)), saved[0].state_dict())


class RunsCode(ModelSpec):
    """A model whose building runs what somebody has written; it is in no registry."""

    runs_code: ClassVar[bool] = True

    name: Literal["somebodys"] = "somebodys"
    marker: str = ""

    def taps(self):
        return {}

    def build(self, image, classes):
        with open(self.marker, "w"):
            return SPEC.build(image, classes)


def test_code_is_run_only_by_leave():
    harmless, hostile = (CARD.model_copy(update={"model": model}).runs_code for model in (SPEC, RunsCode()))
    check_code(harmless, allow_code=False)
    check_code(hostile, allow_code=True)
    with pytest.raises(KDStudioError, match=r"'somebodys' runs code from a file; .*--allow-code"):
        check_code(hostile, allow_code=False)


def test_an_exported_network_that_runs_code_is_rebuilt_only_by_leave(saved, tmp_path, monkeypatch):
    module, path = saved
    marker = tmp_path / "executed"
    card = CARD.model_copy(update={"model": RunsCode(marker=str(marker))})
    monkeypatch.setattr("kdstudio.runs.weights.read_card", lambda _path: card)
    with pytest.raises(KDStudioError, match="runs code from a file"):
        load_network(path)
    assert not marker.exists()
    rebuilt, _card = load_network(path, allow_code=True)
    assert marker.exists()
    assert same(rebuilt.state_dict(), module.state_dict())


def test_weights_of_another_architecture_are_accounted_for():
    wide = MLP(widths=(6,)).build(ImageShape(1, 3, 3), 2).state_dict()
    deep = MLP(widths=(4, 4)).build(ImageShape(1, 3, 3), 2).state_dict()
    own = SPEC.build(ImageShape(1, 3, 3), 2)
    before = {name: tensor.clone() for name, tensor in own.state_dict().items()}
    with pytest.raises(KDStudioError) as caught:
        load_state(own, wide, "student")
    faults = str(caught.value).split("do not fit its architecture: ")[1].split("; ")
    wrong = [
        f"{name} is {tuple(wide[name].shape)} in the file, {tuple(before[name].shape)} in the network"
        for name in sorted(before)
        if wide[name].shape != before[name].shape
    ]
    assert faults == [*wrong[:3], "choose the architecture they were trained with"]
    unknown, missing = sorted(deep.keys() - before.keys()), sorted(before.keys() - deep.keys())
    with pytest.raises(KDStudioError) as caught:
        load_state(own, deep, "student")
    message = str(caught.value)
    assert "the weights given for the student do not fit" in message
    assert f"{len(unknown)} unknown ({unknown[0]} …)" in message
    assert not missing or f"{len(missing)} missing ({missing[0]} …)" in message
    assert same(own.state_dict(), before), "nothing is loaded by halves"
