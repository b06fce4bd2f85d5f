import subprocess
import sys

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import models


def test_every_model_is_registered_under_its_name():
    assert {"lenet", "mlp", "resnet"} <= {*models}
    assert all(entry.model_fields["name"].default == name for name, entry in models.items())


def test_published_architectures_name_paper_and_year():
    papers = [entry.paper for name, entry in models.items() if models.package_of(name) == "kdstudio"]
    assert all(paper[-4:].isdigit() for paper in papers if paper)


def test_only_a_python_file_runs_code_of_the_users():
    ours = [name for name in models if models.package_of(name) == "kdstudio"]
    assert [name for name in ours if models[name].runs_code] == ["python"]


def test_an_unknown_model_is_named_with_those_that_exist():
    with pytest.raises(KDStudioError, match=r"no model 'mpl'; there are .*lenet.*mlp"):
        models["mpl"]


def test_declaring_and_checking_models_imports_no_torch():
    program = """
import sys
from kdstudio.models.declaration import models
for name in models:
    if models.package_of(name) == "kdstudio":
        models[name]().summary()
models["torchvision"](architecture="resnet50", weights="DEFAULT", size=64)
print([name for name in ("torch", "torchvision", "timm") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
