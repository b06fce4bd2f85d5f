import pytest
import torch
from pydantic import ValidationError

from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape
from kdstudio.models.modules.tapping import run_with_taps
from kdstudio.models.python import Python

IMAGE = ImageShape(1, 2, 2, (0.5,), (0.25,))
FLAT = "nn.Sequential(nn.Flatten(), nn.Linear(4, 3))"


@pytest.fixture
def written(tmp_path):
    """Writes model.py and returns a spec of its function ``build``."""

    def write(body, **options):
        (tmp_path / "model.py").write_text(f"from torch import nn\n{body}\n")
        return Python(path=f"{tmp_path}/model.py:build", **options)

    return write


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        *(("", {}), ("classes", {"classes": 3}), ("image, classes", {"image": IMAGE, "classes": 3})),
        *(("**given", {"image": IMAGE, "classes": 3}), ("image, bias=True", {"image": IMAGE})),
    ],
)
def test_the_function_is_called_with_what_it_takes(written, arguments, expected):
    spec = written(f"def build({arguments}):\n    net = {FLAT}\n    net.got = locals()\n    return net")
    network = spec.build(IMAGE, 3)
    got = {k: v for k, v in (network.got.get("given") or network.got).items() if k in ("image", "classes")}
    assert got == expected
    assert network(torch.zeros(5, 1, 2, 2)).shape == (5, 3)


def test_edits_of_the_file_count(written):
    assert written(f"def build(): return {FLAT}").build(IMAGE, 3)[1].out_features == 3
    assert written(f"def build(): return {FLAT[:-3]}2))").build(IMAGE, 3)[1].out_features == 2


def test_the_file_may_define_dataclasses(written):
    body = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom torch import nn\n"
        f"@dataclass\nclass Options:\n    width: int = 4\ndef build(): return {FLAT}"
    )
    spec = written("")
    (path := spec.path.removesuffix(":build"))
    with open(path, "w") as file:
        file.write(body)
    assert spec.build(IMAGE, 3)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("def other(): pass", r"model\.py' has no function 'build'"),
        ("build = 3", r"model\.py' has no function 'build'"),
        ("import nonesuch", r"model\.py' cannot be run: ModuleNotFoundError: No module named 'nonesuch'"),
        ("def build(:", r"model\.py' cannot be run: SyntaxError"),
        ("raise SystemExit(3)", r"model\.py' cannot be run: SystemExit: 3"),
        ("def build(): return 1 / 0", r"model\.py:build' failed: ZeroDivisionError: division by zero"),
        ("def build(depth): pass", r"model\.py:build' failed: TypeError: .* 'depth'"),
        ("def build(): pass", r"model\.py:build' must return a torch\.nn\.Module, not NoneType"),
    ],
)
def test_what_goes_wrong_names_file_and_function(written, body, message):
    with pytest.raises(KDStudioError, match=message):
        written(body).build(IMAGE, 3)


def test_operations_in_place_are_switched_off_so_that_taps_keep_what_they_read(written):
    net = "nn.Sequential(nn.Flatten(), nn.Linear(4, 4), nn.ReLU(inplace=True), nn.Linear(4, 3))"
    network = written(f"def build(): return {net}").build(IMAGE, 3)
    images = torch.randn(5, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    _logits, values = run_with_taps(network, images, {"before": "2@input", "after": "2"}, "student")
    assert torch.equal(values["before"].relu(), values["after"])
    assert values["before"].min() < 0


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(KDStudioError, match=r"no file '.*nowhere\.py' for the model"):
        Python(path=f"{tmp_path}/nowhere.py:build").build(IMAGE, 3)


def test_taps_are_those_given(written):
    spec = written(f"def build(): return {FLAT}", taps_at=("pixels=0", "last=1"))
    assert spec.taps() == {"pixels": "0", "last": "1"}
    assert spec.build(IMAGE, 3)
    assert written("").taps() == {}


def test_a_tap_that_leads_nowhere_is_told_with_the_paths_that_exist(written):
    spec = written(f"def build(): return {FLAT}", taps_at=("last=2",))
    with pytest.raises(KDStudioError, match=r"tap 'last': .* has no '2'; there are 0, 1"):
        spec.build(IMAGE, 3)


@pytest.mark.parametrize("taps_at", [("last",), ("=1",), ("a b=1",), ("last=1.",), ("a=1", "a=2")])
def test_taps_that_cannot_be_read_are_refused(taps_at):
    with pytest.raises(ValidationError):
        Python(taps_at=taps_at)


@pytest.mark.parametrize("path", ["", "model.py", "model:build", "model.py:", "model.py:a b"])
def test_paths_that_name_no_file_and_function_are_refused(path):
    with pytest.raises(ValidationError):
        Python(path=path)


def test_its_summary_shows_file_and_function():
    assert Python(path="/some/where/model.py:build").summary() == "python model.py:build"
