import numpy as np
import pytest
import torch
from torch import nn

from kdstudio.engine.connectors import (
    ChannelVariance,
    Fusion,
    InputGradient,
    MarginReLU,
    TwoSided,
    boundary_connector,
    channel_connector,
    factor_decoder,
    factor_encoder,
    fused_output,
    mean_predictor,
    projection,
)
from kdstudio.errors import KDStudioError
from kdstudio.models.modules.maxout import Maxout


@pytest.mark.parametrize(
    ("student", "teacher", "kind", "description"),
    [
        ((8,), (5,), "automatic", "linear 8 → 5"),
        ((8, 4, 4), (5, 4, 4), "automatic", "1×1 convolution 8 → 5 channels"),
        ((8, 7, 6), (5, 4, 4), "automatic", "4×3 convolution 8 → 5 channels"),
        ((8, 2, 3), (5, 4, 4), "automatic", "1×1 convolution 8 → 5 channels, upsampled to 4×4"),
        ((8, 4, 4), (5,), "automatic", "average pool, linear 8 → 5"),
        ((8,), (5, 4, 3), "automatic", "linear 8 → 5×4×3"),
        ((8,), (8,), "linear", "linear 8 → 8"),
        ((8, 4, 4), (8, 4, 4), "1x1", "1×1 convolution 8 → 8 channels"),
        ((8, 4, 4), (8, 4, 4), "regressor", "1×1 convolution 8 → 8 channels"),
        ((8, 6, 6), (5, 4, 4), "regressor", "3×3 convolution 8 → 5 channels"),
    ],
)
def test_a_projection_leads_to_the_teachers_shape(student, teacher, kind, description):
    found = projection(student, teacher, kind, "hint")
    assert found.description == description
    values = torch.randn(2, *student, requires_grad=True)
    projected = found.make()(values)
    assert projected.shape == (2, *teacher)
    projected.sum().backward()
    assert values.grad.abs().sum() > 0


@pytest.mark.parametrize("shape", [(8,), (8, 4, 4)])
@pytest.mark.parametrize("kind", ["automatic", "none"])
def test_equal_shapes_need_none(shape, kind):
    assert projection(shape, shape, kind, "hint") is None


@pytest.mark.parametrize(
    ("student", "teacher", "kind"),
    [
        ((8,), (5,), "none"),
        ((8, 4, 4), (5, 4, 4), "linear"),
        ((8, 6, 6), (5, 4, 4), "1x1"),
        ((8,), (5,), "1x1"),
        ((8, 2, 2), (5, 4, 4), "regressor"),
        ((8, 6, 2), (5, 4, 4), "automatic"),
        ((8, 4), (5, 4), "automatic"),
    ],
)
def test_a_kind_that_does_not_fit_is_named_with_the_remedy(student, teacher, kind):
    with pytest.raises(KDStudioError) as error:
        projection(student, teacher, kind, "my hint")
    for part in ("'my hint'", f"'{kind}'", str(student), str(teacher), "choose"):
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("student", "teacher", "description"),
    [
        ((8, 8, 8), (5, 4, 4), "3×3 convolution 8 → 5 channels, stride 2, batch norm"),
        ((8, 4, 4), (5, 8, 8), "transposed 4×4 convolution 8 → 5 channels, stride 2, batch norm"),
        ((8, 4, 4), (5, 4, 4), "1×1 convolution 8 → 5 channels, batch norm"),
        ((8, 7, 7), (5, 4, 4), "4×4 convolution 8 → 5 channels, batch norm"),
        ((8, 2, 2), (5, 6, 6), "1×1 convolution 8 → 5 channels, upsampled to 6×6, batch norm"),
        ((8,), (5,), "linear 8 → 5, batch norm"),
    ],
)
def test_kernels_are_those_of_repdistillers_regressor(student, teacher, description):
    """Its ``ConvReg``; with ReLU for hints, without for activation boundaries. It refuses the last two."""
    found, values = boundary_connector(student, teacher), torch.randn(4, *student)
    assert found.description == description
    made = found.make().train()
    assert made(values).shape == (4, *teacher)
    channels = made(values).transpose(0, 1).flatten(1)
    torch.testing.assert_close(channels.mean(1), torch.zeros(5), atol=1e-5, rtol=0)
    hint = projection(student, teacher, "library", "hint")
    assert hint.description == f"{description}, ReLU"
    assert hint.make()(values).min() == 0


def test_the_librarys_regressor_stands_between_equal_shapes_too_and_boundaries_have_none():
    shape = (8, 4, 4)
    assert projection(shape, shape, "library", "hint").description.startswith("1×1 convolution 8 → 8")
    assert projection(shape, shape, "paper", "hint").description == "1×1 convolution 8 → 8 channels"
    assert boundary_connector(shape, shape) is None


@pytest.mark.parametrize(
    ("student", "teacher", "activation", "description"),
    [
        ((8, 6, 6), (5, 4, 4), nn.ReLU(), "3×3 convolution 8 → 5 channels, ReLU"),
        ((8, 6, 6), (5, 4, 4), Maxout(2), "3×3 convolution 8 → 10 channels, Maxout"),
        ((8, 2, 2), (5, 4, 4), nn.ReLU(), "1×1 convolution 8 → 5 channels, upsampled to 4×4, ReLU"),
        ((8, 6, 6), (5, 4, 4), None, "3×3 convolution 8 → 5 channels"),
        ((8,), (5,), Maxout(3), "linear 8 → 15, Maxout"),
        ((8,), (8,), nn.Tanh(), "linear 8 → 8, Tanh"),
    ],
)
def test_the_papers_regressor_has_the_hint_layers_activation(student, teacher, activation, description):
    """Romero et al. 2015, section 2.2; its kernel is what the student's map is larger by, plus 1."""
    found = projection(student, teacher, "paper", "hint", activation)
    assert found.description == description
    made, values = found.make(), torch.randn(2, *student)
    assert made(values).shape == (2, *teacher)
    if activation:
        torch.testing.assert_close(made(values), activation(made[0](values)))
        assert made[1] is not activation


def test_connectors_bring_maps_and_vectors_to_the_teachers_channels():
    maps, vectors = channel_connector((3, 4, 4), (5, 2, 2)), channel_connector((3,), (5,))
    assert maps.make()(torch.randn(2, 3, 4, 4)).shape == (2, 5, 4, 4)
    assert vectors.make()(torch.randn(2, 3)).shape == (2, 5)
    assert maps.description == "1×1 convolution 3 → 5 channels, batch norm"


def test_a_mean_is_predicted_from_what_has_been_pooled_and_not_pooled_after():
    """By hand: one weight of 1 and one of −1, a map of 1 and −1, whose mean is 0 and whose ReLU's is not."""
    module = mean_predictor((1, 2, 2), (1, 1, 1))
    with torch.no_grad():
        for layer in (m for m in module if isinstance(m, nn.Conv2d)):
            layer.weight.fill_(1.0)
        assert module(torch.tensor([[[[1.0, -1.0], [3.0, -3.0]]]])).item() == 0.0
        assert module(torch.tensor([[[[1.0, -1.0], [3.0, 1.0]]]])).item() == 1.0
    assert mean_predictor((1, 1, 1), (1, 2, 2))(torch.ones(1, 1, 1, 1)).shape == (1, 1, 1, 1)


def small_network(seed):
    torch.manual_seed(seed)
    layers = (nn.Conv2d(1, 3, 3), nn.Softplus(), nn.Flatten(), nn.Linear(3 * 4, 5))
    return nn.Sequential(*layers).double()


def test_the_gradient_to_the_images_equals_finite_differences():
    network, teacher = small_network(0), small_network(1)
    images = torch.randn(2, 1, 4, 4, dtype=torch.float64, requires_grad=True)
    predictions = teacher(images).detach()
    found = InputGradient(learned=False)(network(images), images, predictions).numpy()
    tops, step = predictions.argmax(1), 1e-6
    for place in np.ndindex(2, 1, 4, 4):
        ends = []
        for sign in (1, -1):
            moved = images.detach().clone()
            moved[place] += sign * step
            ends.append(network(moved)[place[0], tops[place[0]]].item())
        assert found[place] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-8)


def test_only_a_learned_gradient_can_be_differentiated_again():
    """Its gradient to a weight equals finite differences of it."""
    network = small_network(0)
    images = torch.randn(2, 1, 4, 4, dtype=torch.float64, requires_grad=True)
    predictions = torch.randn(2, 5, dtype=torch.float64)

    def size():
        return InputGradient(learned=True)(network(images), images, predictions).square().sum()

    assert not InputGradient(learned=False)(network(images), images, predictions).requires_grad
    weight = network[0].weight
    (found,) = torch.autograd.grad(size(), weight)
    ends = []
    for sign in (1, -1):
        with torch.no_grad():
            weight[1, 0, 2, 2] += sign * 1e-6
        ends.append(size().item())
        with torch.no_grad():
            weight[1, 0, 2, 2] -= sign * 1e-6
    assert found[1, 0, 2, 2].item() == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6)


@pytest.mark.parametrize(("own", "other"), [((4, 3), (6, 5)), ((6, 5), (4, 3)), ((4, 2, 3, 3), (8, 4, 3, 3))])
def test_a_two_sided_projection_begins_in_the_teachers_directions(own, other):
    torch.manual_seed(0)
    student, teacher = torch.randn(own), torch.randn(other)
    module = TwoSided(student, teacher)
    projected = module(student)
    assert projected.shape == teacher.flatten(1).shape
    left, values, right = np.linalg.svd(teacher.flatten(1).numpy(), full_matrices=False)
    rank = min(*student.flatten(1).shape, len(values))
    diagonal = torch.zeros(student.flatten(1).shape)
    diagonal[range(rank), range(rank)] = torch.tensor(values[:rank])
    best = (left[:, :rank] * values[:rank]) @ right[:rank]
    np.testing.assert_allclose(module(diagonal.reshape(own)).detach(), best, atol=1e-5)


def test_a_variance_begins_at_five_and_stays_positive():
    variance = ChannelVariance(3)
    torch.testing.assert_close(variance(), torch.full((3,), 5.0))
    with torch.no_grad():
        variance.rho.fill_(-1e4)
    assert (variance() > 0).all()


def test_margins_are_the_mean_of_what_was_negative():
    module, seen = MarginReLU(3, (2, 2)), torch.randn(4, 5, 3, 2, 2)
    seen[:, :, 2] = seen[:, :, 2].abs()
    for batch in seen:
        module(batch)
    for channel in (0, 1):
        values = seen[:, :, channel].numpy()
        assert module.margin[channel].item() == pytest.approx(values[values < 0].mean(), rel=1e-5)
    assert module.margin[2] == 0
    module.eval()
    before = module.margin.clone()
    values = torch.randn(5, 3, 2, 2)
    raised = module(values)
    assert torch.equal(module.margin, before)
    np.testing.assert_array_equal(
        raised, np.where(values > before[:, None, None], values, before[:, None, None])
    )


def test_a_map_is_pooled_to_the_students_size_and_then_raised_to_its_margin():
    """By hand: −1 raises −6 but not the mean of −6 and 6; the mean of what is negative is of the pixels."""
    module = MarginReLU(1, (1, 2))
    values = torch.tensor([[[[-6.0, -6.0, 6.0, -2.0], [6.0, 2.0, -2.0, 6.0]]]])
    raised = module(values)
    assert module.margin.item() == -4.0
    assert raised.flatten().tolist() == [-1.0, 2.0]
    values[0, 0, :, :2] = -6.0
    assert module.eval()(values).flatten().tolist() == [-4.0, 2.0]
    assert MarginReLU(1, (2, 2))(torch.tensor([[[[3.0]]]])).flatten().tolist() == [3.0] * 4


def test_a_paraphraser_returns_to_the_shape_it_came_from():
    features = torch.randn(2, 6, 4, 4)
    factors = factor_encoder(6, 3)(features)
    assert factors.shape == (2, 3, 4, 4)
    assert factor_decoder(3, 6)(factors).shape == features.shape


def test_fusion_weighs_a_level_and_the_one_below_pixel_by_pixel():
    level, below = torch.randn(2, 3, 4, 4), torch.randn(2, 5, 2, 2)
    module = Fusion(3, 5, deepest=False).eval()
    own = module.reduce(level)
    larger = below.repeat_interleave(2, 2).repeat_interleave(2, 3)
    share = torch.sigmoid(module.attention(torch.cat([own, larger], 1)))
    expected = own * share[:, 0:1] + larger * share[:, 1:2]
    torch.testing.assert_close(module(level, below), expected)
    deepest = Fusion(3, 5, deepest=True).eval()
    torch.testing.assert_close(deepest(level), deepest.reduce(level))
    assert deepest(torch.randn(2, 3)).shape == (2, 5, 1, 1)


@pytest.mark.parametrize("teacher", [(7, 8, 8), (7, 3, 2), (7,)])
def test_a_fused_level_comes_out_in_the_teachers_shape(teacher):
    assert fused_output(5, teacher)(torch.randn(2, 5, 4, 4)).shape == (2, *teacher)
