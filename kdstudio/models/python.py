"""A network that a function of the user's makes."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator

from kdstudio.declaration import option
from kdstudio.errors import KDStudioError, is_out_of_memory, told_as
from kdstudio.given import MISSING, given_path, why_no_file
from kdstudio.models.declaration import ImageShape, ModelSpec, models
from kdstudio.packages import OURS, deepest_place, where_written

if TYPE_CHECKING:
    from torch import nn

Tap = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*=\w+(\.\w+)*$")]
MODULE = "kdstudio_user_model"


@models.register
class Python(ModelSpec):
    """A network of your own: a function in a Python file returns it."""

    needs: ClassVar[tuple[str, ...]] = ("a Python file of yours",)
    runs_code: ClassVar[bool] = True

    name: Literal["python"] = "python"
    path: str = option(
        "model.py:build",
        "File and function",
        "This runs code: a Python file and, after a colon, a function in it that returns a "
        "torch.nn.Module. It may take image (with channels, height, width, mean, std) and classes.",
        path="*.py",
        pattern=r"^.+\.py:[A-Za-z_]\w*$",
    )
    taps_at: tuple[Tap, ...] = option(
        (),
        "Taps",
        "Outputs to read, as name=module.path: block1=layer1 block2=layer2.1 …",
        max_length=100,
    )

    @field_validator("taps_at")
    @classmethod
    def _names_differ(cls, taps_at: tuple[str, ...]) -> tuple[str, ...]:
        names = [tap.partition("=")[0] for tap in taps_at]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"two taps are called '{twice[0]}'; name each once")
        return taps_at

    @classmethod
    def variants(cls) -> Sequence[Self]:
        """Return none: they are the user's."""
        return []

    def taps(self) -> dict[str, str]:
        """Return those that were given; none by default."""
        return {name: path for name, _, path in (tap.partition("=") for tap in self.taps_at)}

    def classifier(self) -> str:
        """Return nothing: only the user knows."""
        return ""

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """Call the user's function; KDStudioError names it and its line, and says what went wrong.

        Lazy layers take their shape from a blank image, so that their first weights follow from the seed too.
        """
        from torch import nn

        from kdstudio.models.modules.foreign import check_weights, not_in_place, with_shapes
        from kdstudio.models.modules.torch_settings import settings_kept

        with settings_kept():
            function = self._function()
            with _told(f"'{self.path}' failed", where_written(function)):
                network = function(**_wanted(function, {"image": image, "classes": classes}))
        if not isinstance(network, nn.Module):
            kind = type(network).__name__
            raise KDStudioError(
                f"'{self.path}' must return a torch.nn.Module, not {kind}{where_written(function)}"
            )
        paths = {path for path, _ in network.named_modules() if path}
        for name, path in self.taps().items():
            if path not in paths:
                raise KDStudioError(
                    f"tap '{name}': the network of '{self.path}' has no '{path}'; "
                    f"there are {', '.join(sorted(paths)[:12])}"
                )
        with _told(f"'{self.path}', asked about blank images to shape its lazy layers"):
            with_shapes(network, image, f"'{self.path}'")
        check_weights(network, f"'{self.path}'")
        return not_in_place(network)

    def _function(self) -> Callable[..., object]:
        file, _, name = self.path.rpartition(":")
        path = given_path(file)
        if why := why_no_file(path):
            fault = "no file" if why == MISSING else f"{why}:"
            raise KDStudioError(f"{fault} '{path.absolute()}' for the model '{self.path}'; mend its path")
        function = getattr(_module(path), name, None)
        if not callable(function):
            raise KDStudioError(f"'{path}' has no function '{name}'; define it or mend the model's path")
        return function  # type: ignore[no-any-return]

    def summary(self) -> str:
        """``python model.py:build``."""
        return f"python {Path(self.path).name}"


def _module(path: Path) -> Any:  # noqa: ANN401
    """Run the file; it is run anew for each network, so that edits count."""
    module = ModuleType(MODULE)
    module.__file__ = str(path)
    sys.modules[MODULE] = module
    with _told(f"'{path}' cannot be run"):
        exec(compile(path.read_bytes(), path, "exec"), module.__dict__)
    return module


@contextmanager
def _told(what: str, otherwise: str = "") -> Iterator[None]:
    """Tell whatever the user's code raises, with its line; ``otherwise`` where no line of it has run.

    An interruption comes from our own line, and goes on.
    """
    try:
        yield
    except KDStudioError:
        raise
    except BaseException as error:
        place = deepest_place(error, {MODULE, OURS})
        is_theirs = place is not None and place.module == MODULE
        if is_out_of_memory(error) or not (is_theirs or isinstance(error, Exception)):
            raise
        line = f", in {place.file}, line {place.line}" if place and is_theirs else otherwise
        raise KDStudioError(f"{what}: {told_as(error)}{line}; mend it there") from error


def _wanted(function: Callable[..., object], offered: dict[str, object]) -> dict[str, object]:
    """Those of the ``offered`` arguments that the function takes."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return offered
    return {p.name: offered[p.name] for p in parameters if p.name in offered}
