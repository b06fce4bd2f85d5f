import pytest
import torch
from torch import nn

from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape
from kdstudio.models.exits import Exit, cut, with_exit
from kdstudio.models.mlp import MLP
from kdstudio.models.resnet import ResNet

IMAGE = ImageShape(1, 8, 8)


def test_a_cut_network_gives_what_the_tap_gives_and_shares_its_weights():
    whole = ResNet(depth=8).build(IMAGE, 10).eval()
    images, seen = torch.randn(3, 1, 8, 8), []
    whole.get_submodule("block2").register_forward_hook(lambda *args: seen.append(args[2]))
    whole(images)
    trunk = cut(whole, "block2", "resnet")
    assert torch.equal(trunk(images), seen[0])
    assert list(trunk.state_dict()) == [
        key for key in whole.state_dict() if key.startswith(("stem", "block1", "block2"))
    ]
    assert trunk.get_submodule("stem") is whole.get_submodule("stem")


def test_a_chain_within_a_chain_is_cut_too():
    whole = MLP(widths=(5, 4), dropout=0.5).build(IMAGE, 10)
    assert [path for path, _ in cut(whole, "block1.relu", "mlp").named_children()] == ["flatten", "block1"]
    assert "block1.dropout" not in dict(cut(whole, "block1.relu", "mlp").named_modules())


@pytest.mark.parametrize("path", ["nowhere", "inner.0"])
def test_what_is_no_chain_cannot_be_cut(path):
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(2, 2)

    network = nn.Sequential()
    network.add_module("inner", Odd())
    with pytest.raises(KDStudioError, match=f"'odd' cannot end at '{path.partition('.')[2] or path}'"):
        cut(network, path, "odd")


@pytest.mark.parametrize(
    ("head", "parts"), [("bottleneck", ["features", "classifier"]), ("light", ["classifier"])]
)
def test_a_network_with_an_exit_ends_in_its_head(head, parts):
    early = Exit(of="student", tap="block1", head=head, features=(16, 8, 8), deepest=(64, 2, 2))
    network = with_exit(ResNet(depth=8).build(IMAGE, 10), "block1", early, 3).eval()
    assert network(torch.randn(2, 1, 8, 8)).shape == (2, 3)
    assert [name for name, _ in network.get_submodule("exit").named_children()] == parts
