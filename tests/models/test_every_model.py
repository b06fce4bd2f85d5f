from importlib.util import find_spec

import pytest
import torch
from torch import nn

from kdstudio.data.feed import Batch
from kdstudio.engine.card import NetworkCard
from kdstudio.engine.identity import Identity
from kdstudio.engine.network import Network
from kdstudio.models.complexity import complexity
from kdstudio.models.declaration import ImageShape, models
from kdstudio.models.modules.foreign import run
from kdstudio.models.modules.layout import build
from kdstudio.models.modules.tapping import preactivation, run_with_taps
from kdstudio.runs.weights import load_network, save_network

IMAGES = {
    "digits": ImageShape(1, 8, 8, (0.3,), (0.4,)),
    "cifar": ImageShape(3, 32, 32, (0.5, 0.5, 0.4), (0.2, 0.2, 0.3)),
}
NAMES = [
    name
    for name, entry in models.items()
    if (not entry.library or find_spec(entry.library)) and (not entry.runs_code or name == "python")
]
MADE_HERE = [
    name
    for name in NAMES
    if models.package_of(name) == "kdstudio" and not models[name].library and not models[name].runs_code
]


def in_python(folder):
    source = """
        from torch import nn

        def build(image, classes):
            hidden = nn.Sequential(nn.Linear(image.channels * image.height * image.width, 8), nn.ReLU())
            return nn.Sequential(nn.Flatten(), hidden, nn.Linear(8, classes))
    """
    (folder / "model.py").write_text("\n".join(line[8:] for line in source.splitlines()))
    return models["python"](path=f"{folder}/model.py:build", taps_at=("block1=1.1",))


@pytest.fixture(params=NAMES)
def spec(request, tmp_path):
    return in_python(tmp_path) if request.param == "python" else models[request.param]()


@pytest.fixture(params=list(IMAGES))
def image(request):
    return IMAGES[request.param]


def batch_of(image, count=2):
    return torch.randn(count, *image[:3], generator=torch.Generator().manual_seed(0))


def built(spec, image, classes=10, seed=0):
    torch.manual_seed(seed)
    return build(spec, image, classes)


@pytest.mark.slow
def test_logits_go_forward_and_finite_gradients_backward_to_every_weight(spec, image):
    module = built(spec, image)
    logits = module(batch_of(image, 4))
    assert logits.shape == (4, 10)
    logits.square().sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any() or spec.name not in MADE_HERE, name


def test_in_eval_mode_an_image_has_the_same_logits_alone_and_in_a_batch(spec):
    image = IMAGES["cifar"]
    module, images = built(spec, image).eval(), batch_of(image)
    with torch.no_grad():
        torch.testing.assert_close(module(images)[:1], module(images[:1]), rtol=1e-4, atol=1e-5)


def test_taps_lead_to_modules_in_the_order_of_the_forward_pass(spec, image):
    module = build(spec, image, 10)
    paths = [path for path, _shape in run(module, image)]
    taps = list(spec.taps().values())
    assert taps
    assert [path for path in paths if path in taps] == taps


def test_taps_give_maps_or_vectors_with_the_batch_first(spec, image):
    network = Network("student", build(spec, image, 10), spec.taps())

    images, numbers = batch_of(image), torch.arange(2)
    outputs = network(Batch(images, numbers, numbers, numbers), network.outputs)
    assert list(outputs) == [*spec.taps(), "logits"]
    assert all(len(value) == 2 and value.ndim in (2, 4) for value in outputs.values())


ENDS_IN_RELU = ("mlp", "mobilenet", "resnet", "resnet-imagenet", "shufflenet-v1", "shufflenet-v2", "vgg")
NORMALISED_NEXT = ("densenet", "wide-resnet")
"""Blocks are read by batch norm and ReLU of what comes next. All others are linear, pooled or maxout."""


def test_before_the_relu_is_what_the_relu_behind_a_block_is_fed_with(spec):
    """As declared, and as found by following an image: two ways that know nothing of each other."""
    torch.manual_seed(0)
    image = IMAGES["cifar"]
    module, images = build(spec, image, 10), batch_of(image, 4)
    for norm in (m for m in module.modules() if isinstance(m, nn.BatchNorm2d)):
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    module.eval()
    for block in spec.blocks():
        path = preactivation(module, images, spec.taps()[block])
        declared = spec.preactivations().get(block, path)
        assert spec.taps().get(declared, declared) == path
        _logits, values = run_with_taps(module, images, {"tap": spec.taps()[block], "before": path}, "it")
        tap, before = values["tap"], values["before"]
        if spec.name in ENDS_IN_RELU:
            assert torch.equal(before.clamp(min=0), tap)
            assert before.min() < 0
        elif spec.name in NORMALISED_NEXT:
            norm, relu = (module.get_submodule(path.removesuffix("norm") + part) for part in ("norm", "relu"))
            mean, std = norm.running_mean, (norm.running_var + norm.eps).sqrt()
            shape = (-1, 1, 1)
            by_hand = (tap - mean.view(shape)) / std.view(shape) * norm.weight.view(shape)
            torch.testing.assert_close(before, by_hand + norm.bias.view(shape), rtol=1e-4, atol=1e-4)
            assert isinstance(relu, nn.ReLU)
            assert 0.02 < ((before > 0) != (tap > 0)).float().mean() < 0.98
        elif spec.name in MADE_HERE:
            assert path == spec.taps()[block]


def test_blocks_and_the_middle_one_are_taps(spec):
    assert spec.blocks()
    assert {*spec.blocks(), spec.middle()} - {""} <= {*spec.taps()}


@pytest.mark.parametrize("name", MADE_HERE)
def test_it_can_be_cut_at_its_parts(name):
    spec, image = models[name](), IMAGES["cifar"]
    module = built(spec, image).eval()
    names = [name for name, _part in module.named_children()]
    assert isinstance(module, nn.Sequential)
    assert names[-1] == spec.classifier().partition(".")[0]
    assert {path.partition(".")[0] for path in spec.taps().values()} <= set(names)
    assert torch.equal(module[-1](module[:-1](batch_of(image))), module(batch_of(image)))
    assert module[:-1](batch_of(image)).ndim == 2


def test_its_classifier_gives_the_logits(spec):
    module, seen = built(spec, IMAGES["cifar"], 7).eval(), []
    if not spec.classifier():
        pytest.skip("where it is cannot be told")
    module.get_submodule(spec.classifier()).register_forward_hook(lambda _m, _i, output: seen.append(output))
    assert torch.equal(module(batch_of(IMAGES["cifar"])), seen[-1].flatten(1))


def test_its_smallest_form_is_not_larger_than_any_other(spec):
    image, smallest = IMAGES["cifar"], type(spec).smallest()
    if spec.runs_code:
        pytest.skip("its size is the user's")
    least = complexity(smallest, image, 10).parameters
    assert least <= complexity(spec, image, 10).parameters


@pytest.mark.parametrize("name", NAMES)
def test_its_variants_are_told_apart(name):
    variants = models[name].variants()
    assert all(isinstance(variant, models[name]) for variant in variants)
    assert len({variant.summary() for variant in variants}) == len(variants)


def test_saved_and_rebuilt_it_gives_the_same_outputs(spec, tmp_path):
    image = IMAGES["digits"]
    module = built(spec, image, 4, seed=1).train()
    module(batch_of(image, 4))
    module.eval()
    card = NetworkCard(
        network="student",
        identity=Identity(role="student", kind="student"),
        model=spec,
        image=tuple(image[:3]),
        class_names=tuple("abcd"),
        mean=image.mean,
        std=image.std,
    )
    save_network(module.state_dict(), card, tmp_path / "student.safetensors")
    torch.manual_seed(2)
    rebuilt, found = load_network(tmp_path / "student.safetensors", allow_code=spec.runs_code)
    assert found == card
    with torch.no_grad():
        assert torch.equal(rebuilt(batch_of(image)), module(batch_of(image)))


def test_the_seed_decides_the_initial_weights(spec):
    def weights(seed):
        return torch.cat([p.flatten() for p in built(spec, IMAGES["digits"], seed=seed).parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_its_complexity_is_that_of_the_network_that_is_built(spec):
    image = IMAGES["digits"]
    counted = complexity(spec, image, 7)
    assert counted.parameters == sum(p.numel() for p in spec.build(image, 7).parameters())
    assert counted.multiply_adds > 0


def test_it_tells_what_it_is(spec):
    assert spec.summary().startswith(spec.name)
    assert len(type(spec).headline()) > 20
