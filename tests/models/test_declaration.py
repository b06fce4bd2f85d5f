import pytest

from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import models


def test_every_model_is_registered_under_its_name():
    assert {"lenet", "mlp"} <= set(models)
    assert all(entry().name == name for name, entry in models.items())


def test_an_unknown_model_is_named_with_those_that_exist():
    with pytest.raises(KDStudioError, match=r"no model 'mpl'; there are .*lenet.*mlp"):
        models["mpl"]
