import pytest
import torch
from torch import nn

from kdstudio.models.declaration import ImageShape, models
from kdstudio.models.modules.quantised import observing, quantise
from kdstudio.models.modules.shipping import shipped
from kdstudio.runs.weights import load_network
from tests.small import digits, run_in, same_state, small_experiment


def drawn(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def with_norm(layer, norm, *shape):
    """A layer and its batch norm, with any statistics and gains of both signs, calibrated."""
    torch.manual_seed(1)
    for values in (norm.weight, norm.bias, norm.running_mean):
        nn.init.normal_(values)
    nn.init.uniform_(norm.running_var, 0.1, 3)
    with torch.no_grad():
        network = quantise(nn.Sequential(layer, norm).eval(), torch.zeros(1, *shape))
        with observing(network):
            network(drawn(32, *shape))
    return network


@pytest.mark.parametrize("bias", [True, False])
def test_folding_a_batch_norm_changes_nothing(bias):
    network = with_norm(nn.Conv2d(3, 6, 3, bias=bias), nn.BatchNorm2d(6), 3, 5, 5)
    images = drawn(32, 3, 5, 5)
    settled = shipped(network)
    torch.testing.assert_close(settled(images), network(images), rtol=1e-5, atol=1e-5)
    assert not [*settled.parameters()]
    assert settled[0].integers.dtype == torch.int8


def test_folding_it_into_a_linear_layer_changes_nothing():
    network = with_norm(nn.Linear(7, 4), nn.BatchNorm1d(4), 7)
    values = drawn(32, 7)
    torch.testing.assert_close(shipped(network)(values), network(values), rtol=1e-5, atol=1e-5)


def test_the_network_itself_stays_as_it_is():
    network = with_norm(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), 3, 5, 5)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    shipped(network)
    assert same_state(network.state_dict(), before)
    assert type(network[1]) is nn.BatchNorm2d


def test_what_rounds_nothing_is_copied_in_eval_mode():
    network = models["lenet"](channels=2).build(ImageShape(1, 8, 8), 10).train()
    settled = shipped(network)
    assert settled is not network
    assert not settled.training
    assert same_state(settled.state_dict(), network.state_dict())


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A trained int8 network with batch norm and a sum, of the digits, and its float self."""
    student = "networks.student.model={name='resnet', depth=8}"
    settings = ("networks.student.training.epochs=4", "networks.student.training.batch_size=64")
    experiment = small_experiment(student, *settings, "strategy.epochs=1", strategy="quantise")
    folder = run_in(tmp_path_factory.mktemp("runs"), experiment)
    return [load_network(folder.network_file(name))[0] for name in ("int8 aware", "float32")]


def images_of_digits():
    data = digits()
    return (data.test.images / 255 - data.mean[0]) / data.std[0]


def exported(network, file):
    batch = {0: torch.export.Dim.DYNAMIC}
    settings = {"opset_version": 20, "external_data": False, "dynamo": True, "verbose": False}
    torch.onnx.export(network, (drawn(2, 1, 8, 8),), file, dynamic_shapes=(batch,), **settings)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the exporter's own
def test_onnxruntime_computes_with_integers_and_answers_alike(trained, tmp_path):
    onnx, onnxruntime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    aware, _whole = trained
    exported(shipped(aware), tmp_path / "int8.onnx")
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "run.onnx")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    session = onnxruntime.InferenceSession(tmp_path / "int8.onnx", options)
    images = images_of_digits()
    fed = session.get_inputs()[0].name
    answers = torch.from_numpy(session.run(None, {fed: images.numpy()})[0])
    with torch.no_grad():
        own = aware(images)
    assert (answers.argmax(1) == own.argmax(1)).float().mean() >= 0.99
    nodes = [node.op_type for node in onnx.load(tmp_path / "run.onnx").graph.node]
    assert nodes.count("QLinearConv") == 7
    assert "Conv" not in nodes


def test_its_integers_take_a_quarter_of_the_room(trained):
    aware, whole = trained
    weights = sum(p.numel() for p in whole.parameters() if p.ndim > 1)
    integers = [value for value in shipped(aware).state_dict().values() if value.dtype == torch.int8]
    assert sum(value.numel() * value.element_size() for value in integers) == weights
