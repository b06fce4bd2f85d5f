import pytest
import torch

from kdstudio.engine.network import Network
from kdstudio.models.declaration import ImageShape, models
from kdstudio.runs.weights import NetworkCard, load_network, save_network

IMAGES = {"digits": ImageShape(1, 8, 8), "mnist": ImageShape(1, 28, 28)}


@pytest.fixture(params=list(models))
def spec(request):
    return models[request.param]()


@pytest.fixture(params=list(IMAGES))
def image(request):
    return IMAGES[request.param]


def batch_of(image, count=3):
    return torch.randn(count, *image[:3], generator=torch.Generator().manual_seed(0))


def test_logits_go_forward_and_gradients_backward_to_every_weight(spec, image):
    torch.manual_seed(0)
    module = spec.build(image, 10)
    logits = module(batch_of(image, 64))
    assert logits.shape == (64, 10)
    logits.square().sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in module.parameters())


def test_taps_lead_to_modules_in_the_order_of_the_forward_pass(spec, image):
    module, order = spec.build(image, 10), []
    for name, path in spec.taps().items():
        module.get_submodule(path).register_forward_hook(lambda *_args, name=name: order.append(name))
    module(batch_of(image))
    assert order == list(spec.taps())


def test_taps_have_the_batch_first(spec, image):
    network = Network("student", spec.build(image, 10), spec.taps())

    class Seen:
        images = batch_of(image)

    outputs = network(Seen(), network.outputs)
    assert list(outputs) == [*spec.taps(), "logits"]
    assert {len(value) for value in outputs.values()} == {3}


def test_saved_and_rebuilt_it_gives_the_same_outputs(spec, image, tmp_path):
    torch.manual_seed(1)
    module = spec.build(image, 4).eval()
    card = NetworkCard(
        network="student",
        model=spec,
        image=tuple(image[:3]),
        class_names=tuple("abcd"),
        mean=(0.1,),
        std=(0.3,),
    )
    save_network(module.state_dict(), card, tmp_path / "student.safetensors")
    torch.manual_seed(2)
    rebuilt, found = load_network(tmp_path / "student.safetensors")
    assert found == card
    assert torch.equal(rebuilt(batch_of(image)), module(batch_of(image)))


def test_the_seed_decides_the_initial_weights(spec, image):
    def built(seed):
        torch.manual_seed(seed)
        return torch.cat([p.flatten() for p in spec.build(image, 10).parameters()])

    assert torch.equal(built(1), built(1))
    assert not torch.equal(built(1), built(2))


def test_it_tells_what_it_is(spec):
    assert spec.summary().startswith(spec.name)
    assert len(type(spec).headline()) > 20
