"""Whatever may change a bit of what is trained changes the key."""

from dataclasses import replace

import pytest

from kdstudio.data.declaration import LabelledImages
from kdstudio.engine import circumstances as module
from kdstudio.engine.circumstances import circumstances, images_digest
from kdstudio.models.python import Python
from tests.engine.test_events import outline
from tests.small import CPU, digits, small_experiment


def found(*settings, images="images"):
    return circumstances(small_experiment(*settings), CPU, [outline()], images).digest


def test_equal_circumstances_have_one_digest():
    assert found() == found("strategy.temperature=7", "seed=3")


@pytest.mark.parametrize("setting", ["compute.threads=2", "compute.precision=bfloat16"])
def test_what_is_chosen_for_the_machine_is_in_it(setting):
    assert found() != found(setting)


def test_images_and_code_and_machine_are_in_it(monkeypatch):
    before = found()
    assert found(images="other images") != before
    for what in ("_code", "_machine"):
        with monkeypatch.context() as patch:
            patch.setattr(module, what, lambda: ["another"])
            assert found() != before
    with monkeypatch.context() as patch:
        patch.setenv("MKL_CBWR", "COMPATIBLE")
        assert found() != before


def test_what_runs_a_file_of_the_users_is_like_nothing():
    experiment = small_experiment(strategy="supervised")
    own = experiment.networks["student"].model_copy(update={"model": Python(path="mine.py:build")})
    experiment = experiment.model_copy(update={"networks": {"student": own}})
    one, other = (circumstances(experiment, CPU, [outline()], "images") for _ in range(2))
    assert one.digest != other.digest


def test_every_pixel_and_label_is_in_the_digest_of_the_images():
    data = digits()
    images, labels = data.test.images.clone(), data.test.labels.clone()
    images[-1, 0, 7, 7] ^= 1
    labels[-1] = (labels[-1] + 1) % 10
    others = [
        replace(data, test=LabelledImages(images, data.test.labels)),
        replace(data, test=LabelledImages(data.test.images, labels)),
        replace(data, mean=(0.5,)),
    ]
    assert len({images_digest(one) for one in (data, replace(data), *others)}) == 4


def test_the_sources_of_a_package_that_adds_something_are_in_it(monkeypatch, tmp_path):
    package = tmp_path / "kd_mine"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    __import__("kd_mine")
    before = module._sources("kd_mine")
    (package / "__init__.py").write_text("changed = True")
    assert module._sources("kd_mine") != before
