"""Pauli vectors of states or of observables, kept as a product for as long as they are one.

The Pauli vector of a state has the entries ``tr(P rho)``, that of an observable the coefficients
of the words P; an expectation value is their inner product. Wires that no link has touched keep
vectors of their own, four entries long.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jaxtyping import Num
from torch import Tensor


@dataclass(frozen=True)
class Vectors:
    """Some Pauli vectors, each a joint one on wires ``order`` times one on each other wire.

    Tensors are (gate, sample, entry, item); items are samples or observables. The first wire of
    ``order`` is the most significant in an entry's index.
    """

    order: tuple[int, ...]
    joint: Num[Tensor, "#gate #sample entry #item"]
    single: Mapping[int, Num[Tensor, "#gate #sample 4 #item"]]


def separate(vectors: Sequence[Num[Tensor, "#gate #sample 4 #item"]]) -> Vectors:
    """The products of vectors on wires 0, 1, ...."""
    return Vectors((), vectors[0].new_ones(1, 1, 1, 1), dict(enumerate(vectors)))


def joined(vectors: Vectors, wires: Iterable[int]) -> Vectors:
    """The same with ``wires`` among the joint ones."""
    order, joint, single = vectors.order, vectors.joint, dict(vectors.single)
    for wire in wires:
        if wire in single:
            joint = (single.pop(wire).unsqueeze(3) * joint.unsqueeze(2)).flatten(2, 3)
            order = (wire, *order)
    return Vectors(order, joint, single)


def arranged(vectors: Vectors, wires: Sequence[int]) -> Vectors:
    """The same with joint ``wires`` first, in that order."""
    order = (*wires, *(wire for wire in vectors.order if wire not in wires))
    if order == vectors.order:
        return vectors
    places = [2 + vectors.order.index(wire) for wire in order]
    n_gates, n_samples, _, n_items = vectors.joint.shape
    joint = vectors.joint.reshape(n_gates, n_samples, *(4,) * len(order), n_items)
    joint = joint.permute(0, 1, *places, -1).reshape(vectors.joint.shape)
    return Vectors(order, joint, vectors.single)


def linked(
    vectors: Vectors, wires: tuple[int, ...], matrix: Num[Tensor, "#gate #sample row column"]
) -> Vectors:
    """The vectors after ``matrix`` acted on ``wires``."""
    vectors = arranged(joined(vectors, wires), wires)
    size, (n_gates, n_samples, n_entries, n_items) = matrix.shape[-1], vectors.joint.shape
    n_columns = n_entries // size * n_items
    joint = matrix @ vectors.joint.reshape(n_gates, n_samples, size, n_columns)
    joint = joint.reshape(*joint.shape[:2], n_entries, n_items)
    return Vectors(vectors.order, joint, vectors.single)


def transposed(vectors: Vectors) -> Vectors:
    """The same with the sample and item axes exchanged, of which one has length 1."""
    single = {wire: vector.transpose(1, 3) for wire, vector in vectors.single.items()}
    return Vectors(vectors.order, vectors.joint.transpose(1, 3), single)


def overlap(left: Vectors, right: Vectors) -> Num[Tensor, "#gate #sample left_item right_item"]:
    """Inner products of all vectors on the left with all on the right."""
    if len(left.order) < len(right.order):
        return overlap(right, left).transpose(2, 3)
    left = joined(left, right.order)
    values = _joint_overlap(left, right)
    for wire, vector in left.single.items():
        values = values * (vector.transpose(2, 3) @ right.single[wire])
    return values


def _joint_overlap(
    left: Vectors, right: Vectors
) -> Num[Tensor, "#gate #sample left_item right_item"]:
    """Inner products on the wires that are joint on the left.

    Where few wires are joint on the right, its vectors on all of them would be large: those on the
    left are multiplied by two halves of them, one after the other.
    """
    missing = [wire for wire in left.order if wire not in right.order]
    n_joined = max(0, (len(left.order) + 1) // 2 - len(right.order))
    first = joined(right, missing[:n_joined])
    second = joined(Vectors((), right.joint.new_ones(1, 1, 1, 1), right.single), missing[n_joined:])
    joint = arranged(left, (*second.order, *first.order)).joint
    n_gates, n_samples, _, n_items = joint.shape
    n_first, n_second = first.joint.shape[2], second.joint.shape[2]
    joint = joint.reshape(n_gates, n_samples, n_second, n_first, n_items)
    half = joint.transpose(3, 4).flatten(2, 3) @ first.joint  # (second entry and item, item)
    half = half.reshape(*half.shape[:2], n_second, n_items, half.shape[3])
    return half.mul(second.joint.unsqueeze(3)).sum(2)
