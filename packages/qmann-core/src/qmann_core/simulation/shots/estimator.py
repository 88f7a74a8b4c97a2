"""Expectation values whose gradients come from more values of the circuit."""

from dataclasses import KW_ONLY, dataclass
from math import pi
from numbers import Integral
from typing import Any, Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from ...circuits import AMPLITUDE_ENCODING, Circuit
from ...errors import CircuitError
from ..arguments import check_inputs, check_weights
from ..derivatives import is_batched, transforms
from ..tensors.state import as_matrix
from .ahead import Ahead
from .differences import finite_difference, spsa
from .evaluation import Evaluation, Gradients, Pullback, Run
from .shift import parameter_shift, unshifted

Method = Literal["parameter_shift", "spsa", "finite_difference"]


@dataclass(frozen=True)
class Estimator:
    """A circuit's expectation values, differentiated as a quantum computer would: by more values.

    Called with inputs, weights and a generator it returns what an execution plan does; autograd's
    backward pass then evaluates the circuit at other parameters.

    - ``"parameter_shift"``: each rotation of the circuit in elementary gates has an angle t of its
      own, ``df/dt = (f(t + pi/2) - f(t - pi/2)) / 2``; the chain rule gives inputs and weights.
      Two evaluations per rotation, no error but that of shots. Mitarai et al., arXiv:1803.00745;
      Schuld et al., arXiv:1811.11184.
    - ``"spsa"``: all parameters p move at once by ``step`` along random signs d,
      ``df/dp_i ~ (f(p + step d) - f(p - step d)) / (2 step d_i)``, the mean of ``directions``
      draws. Two evaluations per direction; unbiased up to ``step**2``. Spall, IEEE Transactions
      on Automatic Control 37 (1992) 332.
    - ``"finite_difference"``: central differences. Two evaluations per parameter, an error of
      ``step**2``.

    Attributes:
        circuit: what is computed.
        method: how it is differentiated.
        shots: measurements per evaluation and set of commuting observables; None: exact values.
        step: of differences, in the units of the parameters. By default ``eps**(1/3)``, where the
            errors of the difference and of rounding are alike, or with shots
            ``(9 / shots)**(1/6)``, which minimises ``step**4 / 36 + 1 / (2 shots step**2)``.
        directions: of SPSA.

    Raises:
        CircuitError: a method, shots, step or directions that make no sense.

    Example:
        >>> from qmann_core.circuits import Circuit, angle, compose, strongly_entangling, z_each
        >>> circuit = Circuit(2, compose(angle(2), strongly_entangling(2, 1)), z_each(2))
        >>> weights = torch.zeros(6, requires_grad=True)
        >>> Estimator(circuit)(torch.ones(2), weights).sum().backward()
    """

    circuit: Circuit
    method: Method = "parameter_shift"
    _: KW_ONLY
    shots: int | None = None
    step: float | None = None
    directions: int = 1

    def __post_init__(self) -> None:
        if self.method not in get_args(Method):
            raise CircuitError(f"unknown method {self.method!r}; use one of {get_args(Method)}")
        if not self.circuit.observables:
            raise CircuitError("the circuit measures nothing; give it observables like z_each(n)")
        if self.shots is not None and not (isinstance(self.shots, Integral) and self.shots >= 1):
            raise CircuitError(f"shots are a positive integer or None, got {self.shots}")
        if self.step is not None and not 0 < self.step <= pi:
            raise CircuitError(f"step is above 0 and at most pi, got {self.step}")
        if self.directions < 1:
            raise CircuitError(f"directions are a positive integer, got {self.directions}")

    def __call__(
        self,
        inputs: Float[Tensor, "*batch n_inputs"],
        weights: Float[Tensor, "*gates n_weights"],
        generator: torch.Generator | None = None,
        run: Run | None = None,
    ) -> Float[Tensor, "*batch_and_gates n_observables"]:
        """Expectation values of every sample under every gate.

        Args:
            inputs: angles in radians, or amplitudes.
            weights: circuit weights in radians.
            generator: of shots and of SPSA's directions; the backward pass draws from it too.
            run: what gives the values instead of the simulation; called once, at once for the
                values and for all that their derivatives need.

        Raises:
            CircuitError: no generator where random numbers are needed, inputs that require
                gradients although their amplitude encoding has no parameter-shift rule, or what an
                execution plan refuses.
        """
        if transforms():
            raise CircuitError(
                "an Estimator is differentiated by backward() and torch.autograd.grad, not by "
                "torch.func or forwards; take the exact gradient there"
            )
        check_inputs(inputs, self.circuit.n_inputs, weights)
        check_weights(weights, self.circuit.n_weights)
        self._check(inputs, generator)
        evaluation = Evaluation(self.circuit, self.shots, generator, run)
        is_trained = torch.is_grad_enabled()
        wanted = is_trained and inputs.requires_grad, is_trained and weights.requires_grad
        values: Tensor = _Estimated.apply(inputs, weights, self, evaluation, wanted)
        return values

    def ahead(
        self, evaluation: Evaluation, inputs: Tensor, weights: Tensor, wanted: tuple[bool, bool]
    ) -> tuple[Float[Tensor, "*batch_and_gates n_observables"], Evaluation]:
        """Values that are run elsewhere, and what answers all that `pull_back` will ask for."""
        assert evaluation.run is not None
        book, samples, sets = Ahead(), as_matrix(inputs), as_matrix(weights)
        asking = evaluation._replace(run=book.ask)
        answered = evaluation._replace(run=book.answer, generator=_copied(evaluation.generator))
        at = unshifted if self.method == "parameter_shift" else Evaluation.__call__
        missing = at(asking, samples, sets)
        self.pull_back(Pullback(asking, samples, sets, missing, *wanted))
        book.send(evaluation.run)
        values = at(answered, samples, sets)
        shape = *inputs.shape[:-1], *weights.shape[:-1], values.shape[-1]
        return values.reshape(shape), answered

    def pull_back(self, pullback: Pullback) -> Gradients:
        """The gradients by this estimator's method."""
        if self.method == "parameter_shift":
            return parameter_shift(pullback)
        eps = torch.finfo(pullback.weights.dtype).eps
        best = eps ** (1 / 3) if self.shots is None else (9 / self.shots) ** (1 / 6)
        step = self.step or best
        if self.method == "spsa":
            return spsa(pullback, step, self.directions)
        return finite_difference(pullback, step)

    def _check(self, inputs: Tensor, generator: torch.Generator | None) -> None:
        if generator is None and (self.shots is not None or self.method == "spsa"):
            raise CircuitError(
                f"method {self.method!r} with shots={self.shots} draws random numbers; pass "
                "generator=torch.Generator().manual_seed(0), or another seed"
            )
        differentiates_inputs = inputs.requires_grad and torch.is_grad_enabled()
        shifts = self.method == "parameter_shift"
        if shifts and differentiates_inputs and self.circuit.n_amplitudes:
            raise CircuitError(
                f"operation 0 ({AMPLITUDE_ENCODING}): its inputs have no parameter-shift rule; use "
                "'finite_difference' or 'spsa', or pass inputs.detach() if only weights are trained"
            )


class _Estimated(torch.autograd.Function):
    """Values; backward, the product of the cotangent with the estimated Jacobian."""

    @staticmethod
    def forward(
        ctx: Any,
        inputs: Tensor,
        weights: Tensor,
        estimator: Estimator,
        evaluation: Evaluation,
        wanted: tuple[bool, bool],
    ) -> Tensor:
        ctx.save_for_backward(inputs, weights)
        ctx.estimator, ctx.evaluation = estimator, evaluation
        if evaluation.run is None or not any(wanted):
            return evaluation(inputs, weights)
        values, ctx.evaluation = estimator.ahead(evaluation, inputs, weights, wanted)
        return values

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():  # only where create_graph asks for it
            raise CircuitError(
                "an Estimator has no second derivatives; differentiate twice through the plan of "
                "compile_circuit, or leave out create_graph=True"
            )
        if is_batched(cotangent):
            raise CircuitError(
                "an Estimator takes one gradient at a time: leave out is_grads_batched and "
                "vectorize=True, or take the exact gradient"
            )
        inputs, weights = ctx.saved_tensors
        wanted = ctx.needs_input_grad[:2]
        samples, sets = as_matrix(inputs), as_matrix(weights)
        by_values = cotangent.reshape(len(samples), len(sets), cotangent.shape[-1])
        pullback = Pullback(ctx.evaluation, samples, sets, by_values, *wanted)
        of_inputs, of_weights = ctx.estimator.pull_back(pullback)
        return (
            None if of_inputs is None else of_inputs.reshape(inputs.shape),
            None if of_weights is None else of_weights.reshape(weights.shape),
            None,
            None,
            None,
        )


def _copied(generator: torch.Generator | None) -> torch.Generator | None:
    if generator is None:
        return None
    return torch.Generator(generator.device).set_state(generator.get_state())
