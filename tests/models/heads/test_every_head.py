"""What every head keeps to, whoever declared it: as strategies place it, it is built again from its card."""

from functools import cache

import pytest
import torch
from pydantic import TypeAdapter

from kdstudio.engine.composition import AnyHead
from kdstudio.engine.dry_run import dry_run
from kdstudio.engine.strategy import strategies
from kdstudio.models.heads.declaration import heads
from kdstudio.models.modules.drawing import OwnGenerator
from tests.engine.strategies.test_every_strategy import experiment_of
from tests.small import random_batch, same_state, small_context


@cache
def placed():
    """Every declared head of a strategy's plan as it is by default, with the values that it is fed with."""
    found = {}
    for name in strategies:
        context, values = small_context(experiment_of(name)), {}
        dry_run(context)
        for stage in context.plan():
            with torch.no_grad():
                values |= stage.eval().values(random_batch(), {*stage.addresses()})
            for head in stage.heads.values():
                if head.spec:
                    inputs = tuple(values[address] for address in head.inputs)
                    found.setdefault((head.spec.name, name, head.name), (head.spec, inputs))
    return found


@pytest.mark.parametrize("name", list(heads))
def test_it_tells_what_it_is(name):
    assert len(heads[name].headline()) > 10
    assert heads[name].model_fields["name"].default == name


def test_heads_that_come_with_the_program_are_all_placed_by_some_strategy():
    ours = {name for name in heads if heads.package_of(name) == "kdstudio"}
    assert ours == {spec for spec, _strategy, _head in placed()} & ours


def test_every_placed_head_is_registered_and_survives_json():
    for spec, _inputs in placed().values():
        assert heads[spec.name] is type(spec)
        assert TypeAdapter(AnyHead).validate_json(spec.model_dump_json()) == spec
        assert spec.summary()


def test_every_placed_head_is_built_again_from_its_declaration_and_answers_bit_for_bit():
    for spec, inputs in placed().values():
        again = TypeAdapter(AnyHead).validate_json(spec.model_dump_json())
        with OwnGenerator(1):
            module = spec.build().eval()
        with OwnGenerator(2):
            rebuilt = again.build().eval()
        rebuilt.load_state_dict(module.state_dict())
        with torch.no_grad():
            answer = module(*inputs)
            assert torch.equal(rebuilt(*inputs), answer)
        assert len(answer) == len(inputs[0])
        assert answer.isfinite().all()


def test_every_placed_heads_first_weights_depend_on_the_generator_alone():
    before = torch.get_rng_state()
    for spec, _inputs in placed().values():
        states = []
        for _again in range(2):
            with OwnGenerator(3):
                states.append(spec.build().state_dict())
        assert same_state(*states)
    assert torch.equal(torch.get_rng_state(), before)
