"""Pure functions on batched tensors: matrices of layers, Kronecker products, read-out."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import embedding, linear, pad

from .parts import A, Amplitudes, Parts, from_parts
from .tables import Tensors


def as_matrix(tensor: Float[Tensor, "*batch n"]) -> Float[Tensor, "row n"]:
    """All leading axes, none included, made one."""
    return tensor.flatten(0, -2) if tensor.ndim > 1 else tensor.unsqueeze(0)


def layer_matrices(
    parameters: Float[Tensor, "item parameter"], constants: Tensors, name: str
) -> Amplitudes:
    """The matrix of every wire in every layer for every item (a sample or a gate), all at once.

    ``sum over f of cos(frequencies[f] @ parameters + phases[f]) basis[f]``, where each wire and
    layer has features of its own; constants as from `tables.layer_arrays`. The result's axes are
    wire, layer, item, row, column.
    """
    basis = constants[f"{name}.basis"]  # (wire, layer, feature, row, column[, real and imaginary])
    n_wires, n_layers, n_features, *entries = basis.shape
    phases, n_items = constants[f"{name}.phases"], parameters.shape[0]
    if f"{name}.angles" in constants:
        padded = pad(parameters, (0, 1)).mT  # an angle that is not there is 0
        angles = embedding(constants[f"{name}.angles"], padded).view(
            n_wires * n_layers, -1, n_items
        )
        turned = angles.mT @ constants[f"{name}.turns"].T + phases[:n_features]
    else:
        turned = linear(parameters, constants[f"{name}.frequencies"], phases)
        turned = turned.view(n_items, n_wires * n_layers, n_features).transpose(0, 1)
    matrices = torch.bmm(turned.cos(), basis.view(n_wires * n_layers, n_features, -1))
    matrices = matrices.view(n_wires, n_layers, n_items, *entries)
    return matrices if len(entries) == 2 else from_parts(matrices)


def kron(a: A, b: A) -> A:
    """Kronecker product of matrices: (batch..., i, j) and (batch..., k, l)."""
    *batch, i, j = a.shape
    k, l = b.shape[-2:]  # noqa: E741
    product = a.reshape(*batch, i, 1, j, 1) * b.reshape(*batch, 1, k, 1, l)
    return product.reshape(*batch, i * k, j * l)


def kron_wires(matrices: A) -> A:
    """Kronecker product of the matrices of all wires, the first one most significant.

    Axes are wire, batch..., row, column. Neighbours are paired, all pairs at once: about
    log2(wire) products.
    """
    n_wires = len(matrices)
    if n_wires == 1:
        return matrices.squeeze(0)
    if n_wires % 2:
        return kron(kron_wires(matrices[:-1]), matrices[-1])
    left, right = matrices.reshape(n_wires // 2, 2, *matrices.shape[1:]).unbind(1)
    return kron_wires(kron(left, right))


def kron_columns(columns: A, n_factors: int) -> tuple[A, ...]:
    """Kronecker products of vectors, at most ``n_factors`` that remain to be multiplied out.

    Axes are wire, batch..., entry; those of the factors are batch..., entry.
    """
    factors = list(columns.unbind())
    while len(factors) > n_factors:
        pairs = zip(factors[::2], factors[1::2], strict=False)
        factors = [outer(a, b) for a, b in pairs] + factors[len(factors) // 2 * 2 :]
    return tuple(factors)


def outer(a: A, b: A) -> A:
    """Kronecker product of vectors along the last axis."""
    return (a.unsqueeze(-1) * b.unsqueeze(-2)).flatten(-2, -1)


def real_row(state: Amplitudes) -> Float[Tensor, "*batch entry"]:
    """Amplitudes as real numbers: themselves, or their real and imaginary parts in turn."""
    if isinstance(state, Parts):
        return torch.stack([state.real, state.imag], dim=-1).flatten(-2)
    assert isinstance(state, Tensor)
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
