"""Near-duplicates: who stands for whom."""

import torch

from qmann_core.memory.trained.cases import representatives


def likeness(one, other):
    return torch.exp(-torch.cdist(one, other).square())


def stand_ins(keys, group=None, settled=None, tolerance=0.01):
    n = keys.shape[1]
    group = torch.zeros(n, dtype=torch.int64) if group is None else group
    settled = torch.arange(n) if settled is None else settled
    return representatives(keys, likeness, group=group, settled=settled, tolerance=tolerance)


def test_clusters_get_their_member_that_settled_last():
    generator = torch.Generator().manual_seed(0)
    centres = 3 * torch.arange(300.0, dtype=torch.float64).unsqueeze(1)
    which = torch.randint(300, (3000,), generator=generator)
    keys = torch.cat(
        (centres[which] + 0.02 * torch.rand(3000, 1, generator=generator), torch.zeros(3000, 1)), 1
    )
    settled = torch.randperm(3000, generator=generator)
    found = stand_ins(keys.unsqueeze(0), settled=settled)
    for cluster in range(300):
        members = (which == cluster).nonzero().squeeze(1)
        last = members[settled[members].argmax()]
        assert (found[members] == last).all()


def test_of_up_to_512_cases_all_pairs_are_seen():
    generator = torch.Generator().manual_seed(0)
    keys = torch.zeros(1, 512, 2)  # all alike in the number that orders them
    keys[0, :, 1] = 5.0 * torch.randint(100, (512,), generator=generator)
    found = stand_ins(keys)
    kept = keys[0, found.unique(), 1]
    assert len(kept.unique()) == len(kept)


def test_who_stands_for_others_stands_for_itself_and_is_near_and_of_one_group():
    generator = torch.Generator().manual_seed(0)
    keys = torch.rand(2, 2000, 2, generator=generator)
    group = torch.randint(3, (2000,), generator=generator)
    settled = torch.randint(50, (2000,), generator=generator)
    found = stand_ins(keys, group, settled, tolerance=0.001)
    assert 0 < (found != torch.arange(2000)).sum() < 2000
    assert torch.equal(found[found], found)
    assert torch.equal(group[found], group)
    assert (settled[found] >= settled).all()
    distances = (keys - keys[:, found]).square().sum(dim=-1)
    assert (torch.exp(-distances) > 1 - 0.00101).all()


def test_a_chain_of_small_steps_does_not_join_its_ends():
    keys = (0.09 * torch.arange(5.0)).view(1, 5, 1)  # neighbours alone are within the tolerance
    assert stand_ins(keys).tolist() == [0, 1, 2, 4, 4]
