"""Networks of the user's that go wrong, each in a way of its own, with what is told of it and where."""

from pathlib import Path
from typing import NamedTuple

CODE = """
import os
import sys
import torch
from torch import nn
{top}

class Mine(nn.Module):
    def __init__(self, image, classes):
        super().__init__()
        {init}
        self.layer = nn.Linear(image.height * image.width * image.channels, classes)
        {after}

    def forward(self, images):  # forward
        {before}
        logits = self.layer(images.flatten(1))
        {late}
        return {out}

def build(image, classes):
    {build}
    return Mine(image, classes)
"""
PLACES = {"top", "init", "after", "before", "late", "build"}
LEARNS = "self.training and len(images) > 10"
"""Not before it is trained: a rehearsal has fewer images."""


class Faulty(NamedTuple):
    """A file, and what is told of it."""

    code: str
    told: str
    """In the message, beside file and line."""
    line: str = "forward"
    """What stands at the end of the line that is named."""

    def write(self, folder: Path) -> str:
        """Write the file; returns the setting that makes the student of it."""
        (folder / "mine.py").write_text(self.code)
        return f"networks.student.model={{name='python', path='{folder}/mine.py:build'}}"

    def place(self, folder: Path) -> str:
        """File and line, as they are told."""
        (number,) = [n for n, line in enumerate(self.code.split("\n"), 1) if line.endswith(f"# {self.line}")]
        return f"in {folder}/mine.py, line {number}"


def network(out: str = "logits", **places: str) -> str:
    """Source of a network that gives ``out``; what is put into ``places`` ends with ``# here``."""
    assert places.keys() <= PLACES
    filled = {name: f"{places[name]}  # here" if name in places else "pass" for name in PLACES}
    return CODE.format(out=out, **filled)


def giving(out: str, told: str) -> Faulty:
    return Faulty(network(out), told)


def doing(place: str, act: str, told: str, line: str = "here") -> Faulty:
    return Faulty(network(**{place: act}), told, line)


ACTS = {
    "exits": ("sys.exit('enough')", "SystemExit: enough"),
    "exits well": ("sys.exit(0)", "SystemExit: 0"),
    "raises": ("raise LookupError('lost')", "LookupError: lost"),
    "raises what is no Exception": ("raise BaseException('odd')", "BaseException: odd"),
    "interrupts": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "ends a generator": ("raise GeneratorExit", "GeneratorExit"),
    "stops an iteration": ("raise StopIteration", "StopIteration"),
}
WAYS = {"top": "cannot be run", "init": "failed", "build": "failed", "before": "asked about one image"}
"""What is being done in each place."""
RAISING = {
    f"{act} in {place}": doing(place, code, f"{way}: {told}")
    for act, (code, told) in ACTS.items()
    for place, way in WAYS.items()
}
RAISING_LATE = {act: doing("late", f"if {LEARNS}: {code}", told) for act, (code, told) in ACTS.items()}

ANSWERING = {
    "tuple": giving("logits, logits", "gives a tuple"),
    "dict": giving("{'logits': logits}", "gives a dict"),
    "list": giving("[logits]", "gives a list"),
    "nothing": giving("None", "gives nothing"),
    "array": giving("logits.detach().numpy()", "gives a ndarray"),
    "no batch": giving("logits[0]", "gives (10,) for one image"),
    "squeezed": giving("logits.squeeze()", "gives (10,) for one image"),
    "one number": giving("logits.sum()", "gives () for one image"),
    "fewer classes": giving("logits[:, :5]", "gives (1, 5) for one image"),
    "more classes": giving("torch.cat([logits, logits], 1)", "gives (1, 20) for one image"),
    "maps": giving("logits[:, :, None]", "gives (1, 10, 1) for one image"),
    "classes": giving("logits.argmax(1)", "gives (1,) for one image"),
    "float64": giving("logits.double()", "gives logits in torch.float64"),
    "float16": giving("logits.half()", "gives logits in torch.float16"),
    "integers": giving("logits.long()", "gives logits in torch.int64"),
    "complex": giving("logits + 1j", "gives logits in torch.complex64"),
    "elsewhere": giving("logits.to('meta')", "gives logits on meta"),
    "not a number": giving("logits * float('nan')", "gives nan before it is trained"),
    "no gradient": giving("logits.detach()", "gives logits without a gradient"),
    "no gradient when it learns": giving(
        "logits.detach() if self.training else logits", "gives logits without a gradient"
    ),
    "tuple when it learns": giving("(logits, 0) if self.training else logits", "gives a tuple"),
}
BEHAVING = {
    "no weights": Faulty(
        "from torch import nn\nclass Mine(nn.Module):\n    def forward(self, images):  # forward\n"
        "        return images.flatten(1)[:, :10]\ndef build(): return Mine()\n",
        "cannot learn: it has no weights",
    ),
    "all frozen": doing("after", "self.requires_grad_(False)", "requires_grad off", "forward"),
    "images in place": doing("before", "images.sub_(0.5)", "changes its images in place", "forward"),
    "values in place": doing(
        "late", "logits = logits.sigmoid(); logits *= 2", "modified by an inplace operation", "forward"
    ),
    "four images": doing("before", "images.view(4, 64)", "asked about one image: RuntimeError: shape"),
    "in eval mode": doing("before", "assert self.training, 'alone'", "AssertionError: alone"),
    "in training mode": doing("before", "assert not self.training, 'alone'", "AssertionError: alone"),
    "torch's default dtype": doing(
        "before", "torch.set_default_dtype(torch.float64)", "changes torch's default dtype", "forward"
    ),
    "gradients off": doing("before", "torch.set_grad_enabled(False)", "without a gradient", "forward"),
    "backward": Faulty(
        network(
            "Bad.apply(logits)",
            top="class Bad(torch.autograd.Function):\n    forward = staticmethod(lambda c, x: x.clone())\n"
            "    @staticmethod\n    def backward(c, g): raise LookupError('back')",
        ),
        "LookupError: back",
        "here",
    ),
    "a lazy layer that is not used": doing(
        "after", "self.more = nn.LazyLinear(3)", "'more.weight' in the network of", "forward"
    ),
}
FAULTY = {**RAISING, **ANSWERING, **BEHAVING}
"""Those of which a rehearsal tells."""
