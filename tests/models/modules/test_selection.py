import torch

from kdstudio.models.modules.selection import Selection


def test_it_picks_logits_in_the_order_given_and_has_no_weights():
    selection = Selection([7, 0, 3])
    logits = torch.arange(20.0).reshape(2, 10)
    assert selection(logits).tolist() == [[7.0, 0.0, 3.0], [17.0, 10.0, 13.0]]
    assert not selection.state_dict()
