"""A stage's losses as functions of a batch: what is asked of whom, then the weighted sum of the terms."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from textwrap import wrap

from kdstudio.engine.composition import LOGITS
from kdstudio.engine.network import Network
from kdstudio.engine.stage import Stage
from kdstudio.engine.terms import GIVEN, IMAGES, INDEX, LABELS, LossTerm
from kdstudio.runs.script.definitions import Definitions, identifier
from kdstudio.runs.script.layout import WIDTH, Call, Expression, Sum, inside
from kdstudio.runs.script.source import Import
from kdstudio.runs.script.values import Values

DEPTH = 8
"""Of the body of a function within a function."""
ONE = "1"
NETWORKS = "kdstudio.runs.script.pieces.networks"


class Losses:
    """Writes the functions of one stage."""

    def __init__(
        self,
        stage: Stage,
        parts: Mapping[str, str],
        definitions: Definitions,
        values: Values,
        names: dict[str, str],
        *,
        bfloat16: bool,
    ) -> None:
        """``parts`` are what networks and heads are called in the script, ``names`` what terms are."""
        self._stage = stage
        self._parts = parts
        self._definitions = definitions
        self._values = values
        self._locals = names
        self._bfloat16 = bfloat16
        self._learners: Collection[str] = ()
        self._follows_images = False

    def of_update(self, number: int, called: str) -> str:
        """Write the function of an update, ``called`` so."""
        terms = self._stage.updates[number]
        wanted = self._all_behind(address for term in terms for address in term.reads)
        self._learners = self._stage.learners(number)
        self._follows_images = IMAGES in wanted
        given = {LABELS: "batch.labels", INDEX: "batch.index", IMAGES: "images"}
        if self._follows_images:
            lines = ["images = batch.images.requires_grad_()"]
        else:
            lines, given[IMAGES] = [], "batch.images"
        lines += self._asked(wanted, given[IMAGES])
        calls = [self._call(term, given) for term in terms]
        weights = [_weight(term.weight_at, self._stage.training_spec.epochs) for term in terms]
        if len(terms) == 1 and weights == [ONE]:
            lines.append(inside(calls[0], DEPTH, "return "))
        else:
            named = [self._local(term.name) for term in terms]
            lines += [inside(call, DEPTH, f"{n} = ") for n, call in zip(named, calls, strict=True)]
            weighted = [n if w == ONE else f"{w} * {n}" for n, w in zip(named, weights, strict=True)]
            lines.append(inside(Sum(tuple(weighted)), DEPTH, "return "))
        epoch = "epoch" if any("epoch" in weight for weight in weights) else "_epoch"
        head = f"def {called}(batch: Batch, {epoch}: int) -> Tensor:"
        told = f'"""{" and ".join(term.name for term in terms).capitalize()}."""'
        said = "\n".join(wrap(told, WIDTH - DEPTH, break_on_hyphens=False))
        return "\n".join([head, *(_indented(line) for line in (said, *lines))])

    def of_logits(self, address: str, called: str) -> str:
        """Write the function from images to the logits at ``address``."""
        self._learners, self._follows_images = (), True
        lines = self._asked(self._all_behind([address]), "images")
        head = f"def {called}(images: Tensor) -> Tensor:"
        return "\n".join([head, *map(_indented, lines), f"    return {self._value(address)}"])

    def _all_behind(self, addresses: Iterable[str]) -> set[str]:
        pending, found = [*addresses], set[str]()
        while pending:
            address = pending.pop()
            if address not in found:
                found.add(address)
                pending += self._stage.heads[address].inputs if address in self._stage.heads else ()
        return found

    def _asked(self, wanted: Collection[str], images: str) -> list[str]:
        """Write what gives the ``wanted`` values: first who only teaches, then who learns, then the heads."""
        networks = {
            network: [a for a in sorted(wanted) if a.partition(".")[0] == name and "." in a]
            for name, network in self._stage.networks.items()
        }
        asked = {network: addresses for network, addresses in networks.items() if addresses}
        teaching = {n: a for n, a in asked.items() if not self._gets_gradient(n.name)}
        lines = [line for n, a in teaching.items() for line in self._answers(n, a, images)]
        if teaching:
            lines = [self._without_learning([*teaching]), *map(_indented, lines)]
        learning = {n: a for n, a in asked.items() if n not in teaching}
        lines += [line for n, a in learning.items() for line in self._answers(n, a, images)]
        return [*lines, *self._heads(wanted, images)]

    def _gets_gradient(self, part: str) -> bool:
        return part in self._learners or self._follows_images

    def _without_learning(self, networks: Collection[Network]) -> str:
        """Open the block in which networks are asked that do not learn in this step."""
        moving = [n for n in networks if not n.frozen and [*n.buffers()]]
        if not moving:
            self._definitions.imported(Import("torch"), "torch")
            return "with torch.no_grad():"
        listening = self._definitions.use(NETWORKS, "listening")
        return f"with {listening}({', '.join(self._parts[n.name] for n in moving)}):"

    def _answers(self, network: Network, addresses: list[str], images: str) -> Iterator[str]:
        weights = {path for path, _ in network.module.named_parameters()}
        called, named = self._parts[network.name], f"{network.name}."
        outputs = {address: address.removeprefix(named) for address in addresses}
        layers = {a: o for a, o in outputs.items() if o != LOGITS and (o in network.taps or o not in weights)}
        logits = f"{network.name}.{LOGITS}"
        if layers:
            read = self._definitions.use(NETWORKS, "read")
            targets = [self._value(logits) if logits in addresses else "_", *map(self._value, layers)]
            paths = (f'"{network.taps.get(output, output)}"' for output in layers.values())
            yield inside(Call(read, (called, images, *paths)), DEPTH + 4, f"{', '.join(targets)} = ")
        elif logits in addresses:
            in_float32 = ".float()" if self._bfloat16 and images != "images" else ""
            yield f"{self._value(logits)} = {called}({images}){in_float32}"
        for address in (a for a in addresses if a not in layers and a != logits):
            weight = Call(f"{called}.get_parameter", (f'"{outputs[address]}"',))
            yield inside(weight, DEPTH + 4, f"{self._value(address)} = ")

    def _heads(self, wanted: Collection[str], images: str) -> Iterator[str]:
        given = {LABELS: "batch.labels", INDEX: "batch.index", IMAGES: images}
        for name, head in self._stage.heads.items():
            if name in wanted:
                inputs = tuple(given.get(a) or self._value(a) for a in head.inputs)
                in_float32 = ".float()" if self._bfloat16 and self._learners else ""
                call = Call(self._parts[name], inputs)
                yield inside(call, DEPTH, f"{self._value(name)} = ", in_float32)

    def _value(self, address: str) -> str:
        """Name of the value at ``address``."""
        name, _, output = address.partition(".")
        if address in self._stage.heads:
            return f"{identifier(address)}_value"
        return f"{self._parts[name]}_{identifier(output)}"

    def _call(self, term: LossTerm, given: Mapping[str, str]) -> Expression:
        values = [given[a] if a in GIVEN else self._value(a) for a in term.learned]
        values += [given[a] if a in GIVEN else self._detached(a) for a in term.targets]
        with self._definitions.section("losses"):
            return self._values.call(term.loss, term.name, *values)

    def _local(self, name: str) -> str:
        """What a term's value is called in every function."""
        if name not in self._locals:
            self._locals[name] = self._definitions.unused(name, f"{name} value")
        return self._locals[name]

    def _detached(self, address: str) -> str:
        """A target's value, without gradient."""
        behind = self._stage.behind(address)
        return self._value(address) + (".detach()" if any(map(self._gets_gradient, behind)) else "")


def _weight(at: Callable[[float], float], epochs: int) -> str:
    """A term's weight: a number, or a function of the ``epoch``: a straight line, or a table."""
    last = max(epochs - 1, 1)
    weights = [at(epoch / last) for epoch in range(epochs)]
    first, final = weights[0], weights[-1]
    if all(weight == first for weight in weights):
        return f"{first:.12g}"
    line = [first + (final - first) * epoch / last for epoch in range(epochs)]
    if all(abs(w - on_it) <= 1e-9 * max(1, abs(on_it)) for w, on_it in zip(weights, line, strict=True)):
        return f"({first:.12g} + ({final:.12g} - {first:.12g}) * epoch / {last})"
    while len(weights) > 1 and weights[-2] == final:
        weights.pop()
    table = ", ".join(f"{weight:.6g}" for weight in weights)
    return f"[{table}][min(epoch, {len(weights) - 1})]"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())
