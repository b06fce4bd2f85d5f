"""The whole script: what it is, its definitions section by section, its stages, and its start."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent, wrap
from typing import NamedTuple

from kdstudio.data.declaration import ImageData
from kdstudio.engine.device import choose_threads
from kdstudio.engine.dry_run import follow
from kdstudio.engine.experiment import Experiment
from kdstudio.engine.training import TrainingSpec
from kdstudio.runs.script.definitions import Definitions
from kdstudio.runs.script.following import FollowedContext
from kdstudio.runs.script.images import Reading, define_loading
from kdstudio.runs.script.layout import WIDTH, Call, Keyword, render
from kdstudio.runs.script.source import Import
from kdstudio.runs.script.stages import Stages, Written
from kdstudio.runs.script.values import Values

REPORT = "kdstudio.runs.script.pieces.report"
SECTIONS = {
    "data": "The images",
    "networks": "The networks",
    "losses": "The losses",
    "training": "Training",
    "experiment": "The experiment",
}


class Script(NamedTuple):
    """An experiment's code, and files that have to lie beside it."""

    text: str
    files: tuple[Path, ...]


class Trained(NamedTuple):
    """The functions that train: what all seeds share, if anything, and what is compared."""

    functions: tuple[str, ...]
    shared: str
    """Name of the first, or None."""
    compared: str
    flops_per_step: float


def write_script(experiment: Experiment, data: ImageData, file: str = "") -> Script:
    """Write the script of ``experiment``, whose images are ``data``; it tells how the ``file`` is run.

    Raises KDStudioError for what no script of torch and torchvision alone can do.
    """
    context = FollowedContext(experiment, data)
    definitions = Definitions(*SECTIONS)
    labels = context.data.training_feed(TrainingSpec()).part.labels
    values = Values(definitions, labels)
    loading, reading = define_loading(definitions, values, context.data)
    bfloat16 = experiment.compute.precision == "bfloat16"
    with definitions.section("training"):
        main = definitions.use(REPORT, "main")
        stages = Stages(context, definitions, values, bfloat16=bfloat16)
        trained = _trained(context, stages, definitions)
    sections = {SECTIONS[name]: texts for name, texts in definitions.texts().items() if texts}
    said = _docstring(experiment, file or f"{experiment.name}.py")
    whole = [
        "\n\n".join([said, "from __future__ import annotations", definitions.header()]),
        *("\n\n\n".join([_heading(title), *texts]) for title, texts in sections.items()),
        *trained.functions,
        _start(main, loading, reading, trained, experiment),
    ]
    return Script("\n\n\n".join(whole) + "\n", reading.files)


def _trained(context: FollowedContext, stages: Stages, definitions: Definitions) -> Trained:
    """Follow the plan and write its stages; what all seeds share comes first."""
    shared, compared, parts, flops = list[Written](), list[Written](), list[str](), 0.0
    for stage, summary in follow(context, lambda _what: None):
        flops = max(flops, summary.flops_per_step)
        if stages.is_shared(stage) and not compared:
            shared.append(stages.write(stage))
            parts = list(stages.parts.values())
        else:
            compared.append(stages.write(stage))
    with definitions.section("experiment"):
        stages.recipes.define()
    for name in ("Tensor", "nn"):
        definitions.imported(Import("torch", name), name)
    names = [definitions.unused(name) for name in ("train_shared", "train_compared")]
    result = definitions.use("kdstudio.runs.script.pieces.training", "Result")
    arguments = ["data: Data", "seed: int"]
    first = Call(names[0], tuple(arguments)), "tuple", "Train what all seeds share."
    further = [f"{part}: nn.Module" for part in parts]
    said = "Train what is compared, from one seed; returns the test errors by network."
    second = Call(names[1], (*arguments, *further)), f"dict[str, {result}]", said
    functions = [_function(*first, shared, f"results, {', '.join(parts)}")] if shared else []
    functions.append(_function(*second, compared, "results"))
    return Trained(tuple(functions), names[0] if shared else "None", names[1], flops)


def _function(head: Call, returns: str, said: str, stages: list[Written], returned: str) -> str:
    declared = render(head, before="def ", after=f" -> {returns}:")
    body = indent("\n\n".join(map(str, stages)), "    ")
    return "\n".join([declared, f'    """{said}"""', "    results = {}", "", body, f"    return {returned}"])


def _start(main: str, loading: str, reading: Reading, trained: Trained, experiment: Experiment) -> str:
    threads = choose_threads(experiment.compute.threads, trained.flops_per_step)
    options = {
        "folder": reading.folder,
        "seed": str(experiment.seed),
        "seeds": str(experiment.seeds),
        **({"threads": "1"} if threads == 1 else {}),
    }
    functions = (loading, trained.compared, trained.shared)
    call = Call(main, (*functions, *(Keyword(name, value) for name, value in options.items())))
    return "\n".join(['if __name__ == "__main__":', render(call, 4)])


def _heading(title: str) -> str:
    return f"# {title} {'-' * (WIDTH - 3 - len(title))}"


def _docstring(experiment: Experiment, file: str) -> str:
    about = experiment.about
    said = [f"{about.title}." if about else f"{experiment.name}."]
    if about:
        said += [part for part in (about.source, about.shows) if part]
    said.append(indent("\n".join(wrap(experiment.strategy.formula(), WIDTH - 10)), "    "))
    said.append(
        "It needs torch and torchvision alone, and prints the test errors of every network; --seeds trains "
        "everything that is compared from several seeds:"
    )
    said.append(f"    python {file} --seeds 5")
    said.append("Written by KD Studio.")
    paragraphs = [part if part.startswith("    ") else "\n".join(wrap(part, WIDTH - 4)) for part in said]
    text = "\n\n".join(paragraphs).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{text}\n"""'
