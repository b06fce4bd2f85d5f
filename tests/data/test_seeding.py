import itertools

import torch

from kdstudio.data.seeding import derived_seed, generator


def test_every_purpose_has_its_own_seed():
    purposes = list(itertools.product(range(5), ("order", "views", "weights"), range(20)))
    assert len({derived_seed(*purpose) for purpose in purposes}) == len(purposes)


def test_seeds_fit_what_torch_takes():
    assert all(0 <= derived_seed(0, "step", number) < 2**63 for number in range(100))


def test_seeds_are_the_same_in_every_process():
    """``printf 3/order/7 | b2sum -l 64``, without its last bit."""
    assert derived_seed(3, "order", 7) == 0xCC17332CA1767602 >> 1


def test_generators_of_one_purpose_agree_and_leave_the_global_state_alone():
    before = torch.get_rng_state()
    one, other, third = (generator(0, "order", epoch) for epoch in (1, 1, 2))
    drawn = [torch.rand(9, generator=g) for g in (one, other, third)]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert torch.equal(torch.get_rng_state(), before)
