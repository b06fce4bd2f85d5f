"""Every registered data set that can be read here without a download."""

import pytest
import torch

from kdstudio.data.declaration import datasets

NEEDS_NOTHING = [
    name
    for name, entry in datasets.items()
    if not any(field.is_required() for field in entry.model_fields.values()) and entry().is_here()
]


@pytest.fixture(scope="module", params=NEEDS_NOTHING)
def data(request):
    return datasets[request.param]().load(lambda _what, _fraction: None)


def test_there_is_one_at_least():
    assert "digits" in NEEDS_NOTHING


@pytest.mark.parametrize("name", list(datasets))
def test_it_tells_what_it_is(name):
    assert datasets[name].model_fields["name"].default == name
    assert len(datasets[name].headline()) > 20
    for field, info in datasets[name].model_fields.items():
        assert field == "name" or (info.title and info.description), field


def test_images_are_bytes_of_one_shape_and_labels_are_classes(data):
    for part in (data.train, data.test):
        assert len(part.images) == len(part.labels) > 0
        assert part.images.shape[1:] == data.train.images.shape[1:]
        assert not torch.is_tensor(part.images) or part.images.dtype == torch.uint8
        assert part.labels.dtype == torch.int64
        assert 0 <= part.labels.min() <= part.labels.max() < len(data.class_names)


def test_every_class_has_training_images_and_a_name_of_its_own(data):
    assert len(data.train.labels.unique()) == len(data.class_names) == len(set(data.class_names))


def test_mean_and_deviation_are_those_of_each_channel(data):
    channels = data.train.images.shape[1]
    assert len(data.mean) == len(data.std) == channels
    assert all(0 <= mean <= 1 for mean in data.mean)
    assert all(0 < std <= 1 for std in data.std)
