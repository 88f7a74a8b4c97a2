"""Qiskit Runtime as a service: jobs in batches, found again by their tags."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal, TypeVar

import numpy as np
from jaxtyping import Float
from pydantic import ValidationError

from ..errors import BackendError, ConfigError
from ..interop.sdk import sdk
from .cost import Size
from .service import Arrays, Request, Status

Primitive = Literal["estimator", "sampler"]
T = TypeVar("T")

MOST_EXECUTIONS = 10_000_000
"""Shots of all circuits of a job, by IBM's job limits; what is more is several jobs of a batch."""
_BUSY = {408, 409, 425, 429}
"""Status codes of refusals after which asking again helps."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Program:
    """A circuit as the device runs it, its parameters still symbols."""

    primitive: Primitive
    circuit: Any
    observables: Sequence[Sequence[Any]]
    """On the device's qubits, those of a setting together; none of a sampler."""
    columns: Sequence[int]
    """Of a request's parameters: the one that each of the circuit's own is."""

    @property
    def size(self) -> Size:
        """On the device."""
        return Size(self.circuit.depth(), self.circuit.num_nonlocal_gates())

    def pubs(self, parameters: Float[np.ndarray, "row parameter"]) -> list[tuple[Any, ...]]:
        """What a primitive takes, one for each setting, so that it runs no other ones.

        Of an estimator they are (circuit, (observable, 1), (row, parameter)).
        """
        values = parameters[:, self.columns]
        if self.primitive == "sampler":
            return [(self.circuit, values)]
        return [
            (self.circuit, [[each] for each in setting], values) for setting in self.observables
        ]

    def executions(self, shots: int, options: Mapping[str, Any], device: Any) -> "Executions":
        """What a primitive makes of every row, mitigation and all, of which a sampler has none.

        Raises:
            ConfigError: options that do not go with each other, or with the observables.
        """
        if self.primitive == "sampler":
            return Executions(fixed=0, each=1, shots=shots)
        made = part("options_models.estimator").EstimatorOptions(**options, default_shots=shots)
        rows = np.zeros((2, 1 + max(self.columns, default=-1)))
        prepare = part("executor_estimator.prepare").prepare
        try:
            one, two = (prepare(self.pubs(rows[:n]), made, backend=device)[0] for n in (1, 2))
        except part("exceptions").IBMInputValueError as error:
            raise ConfigError(f"options of Qiskit Runtime's Estimator: {error}") from error
        first, both = (sum(item.size() for item in program.items) for program in (one, two))
        return Executions(fixed=2 * first - both, each=both - first, shots=one.shots)


@dataclass(frozen=True, kw_only=True)
class Executions:
    """Circuits that a job runs."""

    fixed: int
    """Of each job, to calibrate."""
    each: int
    """Of each row."""
    shots: int
    """Of each circuit."""

    @property
    def most_rows(self) -> int:
        """Of a job, at least 1."""
        return max(1, (MOST_EXECUTIONS // self.shots - self.fixed) // self.each)

    def circuits(self, n_rows: int) -> int:
        """Of so many rows, in as few jobs as take them."""
        return self.each * n_rows + self.fixed * -(-n_rows // self.most_rows)


@dataclass(kw_only=True, eq=False)
class Runtime:
    """Jobs on one device; see `service.Service`.

    The account is the vendor's own, saved or in the environment. Text of the vendor's errors stays
    here, as it may hold credentials; their kind is passed on.
    """

    device: Any
    """A fake one, in local testing mode, or one of ``service``."""
    service: Any
    """``QiskitRuntimeService``; None in local testing mode, where jobs end with the process."""
    programs: dict[bytes, Program] = field(default_factory=dict)
    """By what requests call them."""
    executions: dict[tuple[Program, int], Executions] = field(default_factory=dict)
    """By program and shots: a primitive takes 0.1 s to say what it makes of a row."""
    _batch: Any = None
    _sent: dict[str, tuple[str, Any]] = field(default_factory=dict)

    def submit(self, request: Request, tag: str) -> str:
        """In a batch that is open, or in a new one if it has expired."""
        is_new = self._batch is None
        try:
            if is_new:
                self._batch = asked(lambda: sdk("qiskit_ibm_runtime").Batch(backend=self.device))
            pubs = self.programs[request.program].pubs(request.parameters)
            job = asked(lambda: self._primitive(request, tag).run(pubs))
        except (BackendError, ConnectionError):
            self._batch = None
            if is_new:
                raise
            raise ConnectionError("the batch may have expired") from None
        self._sent[job.job_id()] = tag, job
        return str(job.job_id())

    def find(self, tag: str) -> Sequence[str]:
        if self.service is None:
            return [job for job, (sent, _) in self._sent.items() if sent == tag]
        jobs = asked(lambda: self.service.jobs(job_tags=[tag], limit=None, descending=False))
        return [job.job_id() for job in jobs]

    def status(self, job_id: str) -> Status:
        try:
            status = asked(lambda: self._job(job_id).status())
        except LookupError:
            return "failed"
        return _STATUS.get(getattr(status, "name", status), "waiting")

    def result(self, job_id: str) -> Arrays:
        """Bits of a sampler, (row, shot, byte); else mean and error, columns by settings."""
        found = [each.data for each in asked(lambda: self._job(job_id).result())]
        self._sent.pop(job_id, None)
        if "meas" in found[0]:
            bits = found[0].meas.array
            return {"bits": bits.reshape(-1, *bits.shape[-2:])}  # no row where nothing varies
        mean, error = (np.concatenate([d[name] for d in found]).T for name in ("evs", "stds"))
        return {"mean": mean.copy(), "error": error.copy()}

    def cancel(self, job_id: str) -> None:
        with suppress(LookupError):  # it has ended
            asked(lambda: self._job(job_id).cancel())

    def _primitive(self, request: Request, tag: str) -> Any:
        kind = self.programs[request.program].primitive
        made = getattr(part(f"executor_{kind}"), kind.capitalize())
        options = {**request.options["options"], "default_shots": request.shots}
        environment = options.get("environment", {})
        tags = [*environment.get("job_tags", ()), tag]
        options["environment"] = {**environment, "job_tags": tags}
        if self.service is None:
            options["simulator"] = {"seed_simulator": request.seed, **options.get("simulator", {})}
        return made(mode=self._batch, options=options)

    def _job(self, job_id: str) -> Any:
        if job_id in self._sent:
            return self._sent[job_id][1]
        if self.service is None:
            raise LookupError(job_id)
        return self.service.job(job_id)


_STATUS: Mapping[str, Status] = {"DONE": "done", "CANCELLED": "failed", "ERROR": "failed"}


def part(name: str) -> Any:
    """A module of Qiskit Runtime's."""
    sdk("qiskit_ibm_runtime")
    return import_module(f"qiskit_ibm_runtime.{name}")


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse what the Estimator does not take.

    Raises:
        ConfigError: naming the options.
    """
    try:
        part("options_models.estimator").EstimatorOptions(**options)
    except ValidationError as error:
        wrong = [".".join(map(str, each["loc"])) for each in error.errors()]
    else:
        return
    raise ConfigError(
        f"options that Qiskit Runtime's Estimator does not take: {', '.join(wrong)}; see its "
        "EstimatorOptions"
    )


def asked(call: Callable[[], T]) -> T:
    """What a call gives; errors of the vendor's become ours, which hold nothing of their text.

    Raises:
        BackendError: it was refused.
        LookupError: there is no such job, or it has ended.
        ConnectionError: asking again may help.
    """
    try:
        return call()
    except sdk("qiskit").exceptions.QiskitError as error:
        ours = _ours(error)
    raise ours  # here, so that the vendor's is not its context


def _ours(error: Exception) -> Exception:
    errors, name = part("exceptions"), type(error).__name__
    code = getattr(error, "status_code", getattr(error.__context__, "status_code", -1))
    if isinstance(error, errors.RuntimeJobNotFound | errors.RuntimeInvalidStateError):
        return LookupError(name)
    if isinstance(error, part("accounts.exceptions").AccountsError | errors.IBMAccountError):
        return BackendError(
            f"no account at IBM is at hand ({name}): save one with QiskitRuntimeService."
            "save_account, or name a fake device, as 'ibm:fake_manila'"
        )
    if isinstance(error, errors.IBMNotAuthorizedError):
        return BackendError(f"IBM refused the account ({name}): save its token again")
    unknown = sdk("qiskit").providers.exceptions.QiskitBackendNotFoundError
    if isinstance(error, unknown):
        return BackendError("IBM has no device of that name for this account")
    if isinstance(error, errors.IBMInputValueError) or (400 <= code < 500 and code not in _BUSY):
        return BackendError(f"Qiskit Runtime refused the job ({name}, {code}): check its options")
    return ConnectionError(name)
