from __future__ import annotations

import torch

from core.techniques.augment.mixing import cutmix, partners


def test_every_row_has_a_partner_and_a_share() -> None:
    torch.manual_seed(0)
    others, share = partners(7)
    assert sorted(others.tolist()) == list(range(7))
    assert 0 <= share <= 1


def test_a_rectangle_of_the_other_covers_what_the_share_leaves() -> None:
    torch.manual_seed(0)
    ones, others = torch.zeros(2, 3, 20, 20), torch.ones(2, 3, 20, 20)
    for share in (0.0, 0.3, 0.75, 1.0):
        mixed, left = cutmix(ones, others, share)
        assert torch.isclose(mixed.mean(), torch.tensor(1 - left))  # what is said is what is there
        assert left >= share - 0.05  # a part of the rectangle may be outside
    assert not ones.any()
