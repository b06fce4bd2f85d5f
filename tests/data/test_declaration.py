import pytest
import torch

from kdstudio.data.declaration import LabelledImages, datasets
from kdstudio.errors import KDStudioError


def test_every_data_set_is_registered_under_its_name_with_a_headline():
    assert {"digits", "mnist"} <= set(datasets)
    for name, entry in datasets.items():
        assert entry.model_fields["name"].default == name
        assert len(entry.headline()) > 20
        assert entry.default_augmentation.views >= 1


def test_an_unknown_data_set_is_named_with_those_that_exist():
    with pytest.raises(KDStudioError, match=r"no data set 'cifra'; there are .*digits.*mnist"):
        datasets["cifra"]


def test_labelled_images_are_as_many_as_their_labels():
    assert len(LabelledImages(torch.zeros(4, 1, 2, 2), torch.zeros(4))) == 4
