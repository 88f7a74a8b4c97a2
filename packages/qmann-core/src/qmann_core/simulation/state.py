"""Pure functions on batched tensors: matrices of layers, Kronecker products, read-out."""

import torch
from jaxtyping import Float, Num
from torch import Tensor
from torch.nn.functional import linear

from .tables import Tensors


def as_matrix(tensor: Float[Tensor, "*batch n"]) -> Float[Tensor, "row n"]:
    """All leading axes, none included, made one."""
    return tensor.flatten(0, -2) if tensor.ndim > 1 else tensor.unsqueeze(0)


def layer_matrices(
    parameters: Float[Tensor, "item parameter"], constants: Tensors, name: str
) -> Num[Tensor, "wire layer item row column"]:
    """The matrix of every wire in every layer for every item (a sample or a gate), all at once.

    ``sum over f of cos(frequencies[f] @ parameters + phases[f]) basis[f]``, where each wire and
    layer has features of its own; constants as from `tables.layer_arrays`.
    """
    basis = constants[f"{name}.basis"]  # (wire, layer, feature, row, column[, real and imaginary])
    n_wires, n_layers, n_features, *entries = basis.shape
    angles = linear(parameters, constants[f"{name}.frequencies"], constants[f"{name}.phases"])
    features = angles.cos().view(len(parameters), n_wires * n_layers, n_features).transpose(0, 1)
    matrices = torch.bmm(features, basis.view(n_wires * n_layers, n_features, -1))
    matrices = matrices.view(n_wires, n_layers, len(parameters), *entries)
    return matrices if len(entries) == 2 else torch.view_as_complex(matrices)


def kron(a: Num[Tensor, "*batch i j"], b: Num[Tensor, "*batch k l"]) -> Num[Tensor, "*batch ik jl"]:
    """Kronecker product of matrices."""
    *batch, i, j = a.shape
    k, l = b.shape[-2:]  # noqa: E741
    product = a.reshape(*batch, i, 1, j, 1) * b.reshape(*batch, 1, k, 1, l)
    return product.view(*batch, i * k, j * l)


def kron_wires(matrices: Num[Tensor, "wire *batch i j"]) -> Num[Tensor, "*batch k l"]:
    """Kronecker product of the matrices of all wires, the first one most significant.

    Neighbours are paired, all pairs at once: about log2(wire) products. Of columns (j = 1) it is
    the product state.
    """
    n_wires = len(matrices)
    if n_wires == 1:
        return matrices.squeeze(0)
    if n_wires % 2:
        return kron(kron_wires(matrices[:-1]), matrices[-1])
    left, right = matrices.reshape(n_wires // 2, 2, *matrices.shape[1:]).unbind(1)
    return kron_wires(kron(left, right))


def permuted(
    state: Num[Tensor, "..."], constants: Tensors, position: int, *, axis: int
) -> Num[Tensor, "..."]:
    """The amplitudes along ``axis`` after the signed permutation at a position of the stages."""
    state = state.index_select(axis, constants[f"stage{position}.source"])
    sign = constants.get(f"stage{position}.sign")
    return state if sign is None else state * sign.view(-1, *(1,) * (state.ndim - 1 - axis))


def real_row(state: Num[Tensor, "*batch amplitude"]) -> Float[Tensor, "*batch entry"]:
    """Amplitudes as real numbers: themselves, or their real and imaginary parts in turn."""
    return torch.view_as_real(state).flatten(-2) if state.is_complex() else state


def pair_entries(
    entries: Float[Tensor, "*batch entry"], constants: Tensors, *, is_squares: bool
) -> tuple[Float[Tensor, "*batch product"], Float[Tensor, "*batch product"]]:
    """The left and right factors of the products that the read-out sums."""
    if is_squares:  # nothing to gather
        return entries, entries
    return (
        entries.index_select(-1, constants["left"]),
        entries.index_select(-1, constants["right"]),
    )


def expectations(
    entries: Float[Tensor, "*batch entry"], constants: Tensors, *, is_squares: bool
) -> Float[Tensor, "*batch observable"]:
    """Expectation values from amplitudes as `real_row` gives them."""
    left, right = pair_entries(entries, constants, is_squares=is_squares)
    return linear(left * right, constants["coefficients"])
