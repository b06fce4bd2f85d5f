"""First weights are those of ``torch.manual_seed``, and nobody's random numbers change meanwhile."""

from importlib.util import find_spec
from threading import Barrier, Thread

import pytest
import torch
from torch import nn

from kdstudio.models.complexity import made_cheaply
from kdstudio.models.declaration import ImageShape, models
from kdstudio.models.modules.drawing import OwnGenerator
from tests.small import same_state

IMAGE = ImageShape(3, 32, 32, (0.5,) * 3, (0.25,) * 3)
LARGE = ImageShape(3, 224, 224, (0.5,) * 3, (0.25,) * 3)
LARGEST = 30_000_000
"""Weights of a library's network that is worth the time of a test."""


def here(name):
    return not models[name].runs_code and (not models[name].library or find_spec(models[name].library))


SPECS = {
    f"{name} {spec.summary()}": spec
    for name in filter(here, models)
    for spec in ([models[name].smallest()] if models[name].library else models[name].variants())
}
OF_LIBRARIES = {
    f"{name} {spec.summary()}": spec
    for name in filter(here, models)
    if models[name].library
    for spec in models[name].variants()
}
SHAPE = (4, 6)
DRAWS = {
    "rand": lambda: torch.rand(SHAPE),
    "rand of numbers": lambda: torch.rand(4, 6, dtype=torch.float64),
    "randn": lambda: torch.randn(SHAPE),
    "randint": lambda: torch.randint(7, SHAPE),
    "randperm": lambda: torch.randperm(9),
    "rand_like": lambda: torch.rand_like(torch.empty(SHAPE)),
    "randn_like": lambda: torch.randn_like(torch.empty(SHAPE)),
    "randint_like": lambda: torch.randint_like(torch.empty(SHAPE), 9),
    "normal": lambda: torch.normal(0.0, 2.0, SHAPE),
    "normal of means": lambda: torch.normal(torch.arange(6.0), 1.0),
    "bernoulli": lambda: torch.bernoulli(torch.full(SHAPE, 0.3)),
    "bernoulli of a tensor": lambda: torch.full(SHAPE, 0.3).bernoulli(),
    "multinomial": lambda: torch.multinomial(torch.ones(9), 4),
    "multinomial of a tensor": lambda: torch.ones(9).multinomial(4),
    "poisson": lambda: torch.poisson(torch.full(SHAPE, 3.0)),
    "binomial": lambda: torch.binomial(torch.full(SHAPE, 9.0), torch.full(SHAPE, 0.4)),
    **{
        f"{name}": lambda name=name, given=given: getattr(torch.empty(SHAPE), name)(*given)
        for name, given in {
            "bernoulli_": (0.3,), "cauchy_": (), "exponential_": (), "geometric_": (0.4,),
            "log_normal_": (), "normal_": (), "random_": (), "uniform_": (-2, 3),
        }.items()
    },
    **{
        f"{name}": lambda name=name, given=given: getattr(nn.init, name)(torch.empty(SHAPE), *given)
        for name, given in {
            "kaiming_normal_": (), "kaiming_uniform_": (5**0.5,), "xavier_normal_": (), "xavier_uniform_": (),
            "trunc_normal_": (), "orthogonal_": (), "sparse_": (0.4,), "uniform_": (), "normal_": (),
        }.items()
    },
    "a layer of every kind": lambda: torch.cat([
        parameter.detach().flatten()
        for layer in (
            nn.Linear(3, 4), nn.Conv2d(2, 3, 3), nn.ConvTranspose2d(2, 3, 3), nn.Embedding(5, 2),
            nn.LSTM(3, 4), nn.MultiheadAttention(4, 2), nn.Bilinear(2, 3, 4),
        )
        for parameter in layer.parameters()
    ]),
}  # fmt: skip


def drawn_globally(make, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_the_numbers_are_those_of_the_global_generator_and_its_state_is_left_alone(draw):
    expected = [drawn_globally(lambda: [draw(), draw()], seed) for seed in (3, 4)]
    before = torch.get_rng_state()
    for seed, (first, second) in zip((3, 4), expected, strict=True):
        with OwnGenerator(seed):
            assert torch.equal(draw(), first)
            assert torch.equal(draw(), second)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.slow
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_network_has_the_weights_of_the_global_generator_bit_for_bit(spec):
    check(spec)


@pytest.mark.slow
@pytest.mark.parametrize("spec", OF_LIBRARIES.values(), ids=OF_LIBRARIES)
def test_a_librarys_network_has_them_too(spec):
    if sum(parameter.numel() for parameter in made_cheaply(spec, LARGE, 10).parameters()) > LARGEST:
        pytest.skip("large, and made of the same layers as a smaller one")
    check(spec, LARGE)


def check(spec, image=IMAGE):
    expected = drawn_globally(lambda: spec.build(image, 10), 7).state_dict()
    before = torch.get_rng_state()
    with OwnGenerator(7):
        found = spec.build(image, 10).state_dict()
    assert same_state(found, expected)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_generator_that_is_given_is_used():
    given = torch.Generator().manual_seed(1)
    with OwnGenerator(0):
        found = torch.rand(3, generator=given)
    assert torch.equal(found, torch.rand(3, generator=torch.Generator().manual_seed(1)))


def test_the_innermost_of_two_draws_and_the_outer_one_goes_on():
    with OwnGenerator(1):
        first = torch.rand(2)
        with OwnGenerator(2):
            inner = torch.rand(2)
        second = torch.rand(2)
    with OwnGenerator(1):
        assert torch.equal(torch.rand(4), torch.cat([first, second]))
    with OwnGenerator(2):
        assert torch.equal(torch.rand(2), inner)


def test_afterwards_torch_draws_as_before_also_after_an_error():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with pytest.raises(ZeroDivisionError), OwnGenerator(0):
        torch.rand(1 // 0)
    assert torch.equal(torch.rand(3), expected)


def test_networks_for_the_meta_device_are_made_too():
    with OwnGenerator(0), torch.device("meta"):
        assert nn.Linear(3, 4).weight.is_meta
    with OwnGenerator(0):
        assert nn.Linear(3, 4, device="meta").weight.is_meta


def test_another_thread_draws_from_the_global_generator_meanwhile():
    inside, drawn, found = Barrier(2), Barrier(2), {}

    def build():
        with OwnGenerator(9):
            first = torch.rand(3)
            inside.wait(10)
            drawn.wait(10)
            found["own"] = torch.cat([first, torch.rand(3)])

    thread = Thread(target=build)
    torch.manual_seed(4)
    expected = torch.rand(5)
    torch.manual_seed(4)
    thread.start()
    inside.wait(10)
    assert torch.equal(torch.rand(5), expected)
    drawn.wait(10)
    thread.join()
    with OwnGenerator(9):
        assert torch.equal(torch.rand(6), found["own"])
