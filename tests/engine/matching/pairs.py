"""Pairs of small networks, and the stage that one matching term makes of them."""

from kdstudio.engine.matching.declaration import Pair
from kdstudio.engine.stage import Stage
from tests.small import small_context, small_experiment

NARROW, WIDE = "{name='mlp', widths=[6, 5]}", "{name='mlp', widths=[9, 8]}"
RESNET, WIDE_RESNET = "{name='resnet', depth=8}", "{name='resnet', depth=8, width=2}"


def pair_of(student=NARROW, teacher=WIDE, *settings) -> Pair:
    models = f"networks.student.model={student}", f"networks.teacher.model={teacher}"
    context = small_context(small_experiment(*models, *settings, strategy="match"))
    return Pair(
        context, context.network("teacher").freeze(), context.network("student"), "matched", epochs=10
    )


def stage_of(pair: Pair, term) -> Stage:
    """Untrained, in eval mode."""
    return pair.run.stage("student", term.match(pair)).eval()
