"""What can be configured: frozen pydantic models; unknown keys are errors."""

import math
from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationInfo,
    field_validator,
    model_validator,
)

from .axes import Family

TOGETHER = 5
"""Rows of which a mean tells nothing of one, for ``--without-records``."""


class _Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @field_validator("*", mode="before")
    @classmethod
    def _number_is_one(cls, value: object, info: ValidationInfo) -> object:
        kind = cls.model_fields[str(info.field_name)].annotation
        parts = value if isinstance(value, list | tuple) else [value]
        if bool not in (kind, *get_args(kind)) and any(isinstance(part, bool) for part in parts):
            raise ValueError("Input should be a value, not true or false")
        if any(isinstance(part, float) and math.isinf(part) for part in parts):
            raise ValueError("Input should be a finite number")
        return value


class QuantumConfig(_Config):
    """The circuits of the hybrid model."""

    n_qubits: int = Field(default=4, ge=1, le=12)
    """Wires of each circuit; a dense layer projects the data to as many angles."""
    n_layers: int = Field(default=2, ge=1, le=20)
    """Repetitions of the ansatz."""
    ansatz: Literal[
        "strongly_entangling",
        "basic_entangler",
        "hardware_efficient",
        "simplified_two_design",
        "tree_tensor_network",
        "qaoa",
        "chen_v0",
    ] = "strongly_entangling"
    """Family of trainable circuits."""
    gate_scaling: bool = True
    """Learnable scale and bias on <Z> before the LSTM's gates, so that gates open and close."""
    entangled: bool = True
    """Whether the ansatz keeps its two-qubit gates; without them it is the separable twin."""
    n_blocks: int | None = Field(default=None, ge=1, le=256)
    """Blocks of that many wires. A reservoir's read the same features again and again; null: two
    wires for each feature. A kernel's read as many components; null: a wire for each feature."""
    coupling: float = Field(default=0.5, ge=0, le=10)
    """Largest angle of the fixed couplings between neighbouring wires of such a block."""
    kernel: Literal["projected", "fidelity"] = "projected"
    """What a kernel compares: expectation values of fixed circuits, or their exact states, which
    read their inputs twice; these take no noise or shots."""
    backend: str | None = None
    """Where fixed circuits run, such as aer or pennylane:lightning.qubit; null: our simulation."""
    noise: Annotated[float, Field(ge=0, le=1)] | str | None = None
    """Chance of a depolarising error after each gate of fixed circuits, or the name of a device
    whose noise a back end knows, such as fake_manila; null for none."""
    shots: int | None = Field(default=None, ge=1, le=10**9)
    """Measurements behind each value of fixed circuits; null for exact values."""
    strategy: Literal["auto", "kernel", "fused", "gates", "adjoint"] = "auto"
    """How circuits are simulated; "auto" runs compiled kernels on the CPU, PyTorch elsewhere."""

    @model_validator(mode="after")
    def _device(self) -> Self:
        if isinstance(self.noise, str) and self.backend is None:
            raise ValueError(
                f"got noise {self.noise!r}: expected a probability, such as 0.01, or a "
                "backend that knows such noise, such as aer"
            )
        return self


class ClassicalConfig(_Config):
    """The classical layers around the circuits."""

    controller: Family = "lstm"
    """What reads the window: a recurrent cell over its days, one dense layer over all of it, or
    fixed circuits whose readout is solved and through which all must go: as a recurrent network, or
    as a kernel between rows of a table."""
    readout: Literal["linear", "forest"] = "linear"
    """What answers from what fixed circuits say: a convex linear model or, of tasks that are solved
    by least squares, regression trees on their expectation values."""
    decorrelated: bool = False
    """Whether fixed circuits read principal components of the features, each of unit deviation, in
    place of the features themselves."""
    landmarks: int = Field(default=2048, ge=16, le=16384)
    """Most rows that span a kernel of fixed circuits; of more, where that is above 2,048, an even
    sample of 2,048. Time grows as its cube, and memory as its square: above 2,048, bandwidths are
    chosen on 512 rows."""
    hidden_size: int = Field(default=256, ge=1, le=4096)
    """Width of the controller's hidden state; the classical twin's follows its parameter count."""
    n_recurrent_layers: int = Field(default=1, ge=1, le=8)
    """Stacked recurrent layers."""
    attention: bool = False
    """Whether attention over the window's steps replaces the last hidden state."""
    context_size: int = Field(default=64, ge=1, le=4096)
    """Width of the attention's context vector."""

    @model_validator(mode="after")
    def _attention_is_trained_over_steps(self) -> Self:
        if self.attention and self.controller not in ("lstm", "gru"):
            raise ValueError("attention is over the steps of a trained recurrent controller")
        return self

    @property
    def is_solved(self) -> bool:
        """Whether circuits are fixed, and only a readout is learned, by solving for it."""
        return self.controller in ("reservoir", "quantum_kernel")


class KernelConfig(ClassicalConfig):
    """ClassicalConfig of the one family that suits rows of a table whose readouts are solved."""

    controller: Literal["quantum_kernel"] = "quantum_kernel"
    """Fixed circuits as a kernel between rows."""


class MemoryConfig(_Config):
    """The memory of training cases: evidence for every answer, and read by the network if wanted.

    For evidence alone it has nothing to train: keys are the exact states that fixed circuits were
    in or, of others, whitened principal components of what the controller says, as angles; one bank
    reads them softly, with as many ``copies`` or, of states, as many as the cases ask for.
    """

    kind: Literal["none", "evidence", "quantum", "classical"] = "evidence"
    """No memory; one that shows similar cases; one that the network reads before it answers, by
    fidelities of simulated states (the classical twin: by softmax), or by softmax throughout."""
    capacity: int = Field(default=4096, ge=1, le=2**20)
    """Cases that each bank holds; of more, an even sample is kept."""
    n_banks: int = Field(default=1, ge=1, le=16)
    """Banks with keys of their own over the same cases; the network reads all of them."""
    n_qubits: int = Field(default=4, ge=1, le=12)
    """Wires of the key register."""
    encoding: Literal["learned", "angle", "amplitude"] = "learned"
    """Features to key states: by a trained projection to angles, as angles, or as amplitudes."""
    read: Literal["soft", "threshold", "polynomial"] = "soft"
    """Strength of a case: fidelity, a smooth step of it, or a bounded polynomial of the overlap."""
    copies: int = Field(default=16, ge=1, le=64)
    """Copies of each key: strengths are raised to this power, the inverse of a temperature."""
    sampled: int | None = Field(default=128, ge=1, le=2**20)
    """Cases read in each training step, drawn anew; all when null, and outside of training."""
    together: int = Field(default=1, ge=1, le=1000)
    """Of how many rows of the fit, or units of several rows, whatever a model keeps of them is the
    mean; from 2 on there is no memory, and a saved model has no row. ``--without-records`` is 5."""

    @model_validator(mode="after")
    def _what_is_read_is_kept(self) -> Self:
        if self.together > 1 and self.kind in ("quantum", "classical"):
            raise ValueError("a memory that the network reads keeps rows, so that together is 1")
        return self

    @property
    def remembers(self) -> bool:
        """Whether there is a memory."""
        return self.kind != "none" and self.together == 1


class HybridConfig(_Config):
    """Training, and how much the circuits are trusted."""

    epochs: int = Field(default=20, ge=1, le=10**5)
    """Passes over the training part, at most."""
    refit_epochs: int = Field(default=5, ge=1, le=10**5)
    """Epochs of each refit on everything known, which starts from the fit before."""
    samples_per_epoch: int | None = Field(default=None, ge=1, le=10**9)
    """Training samples drawn without replacement for each epoch; all when null."""
    batch_size: int = Field(default=128, ge=1, le=2**20)
    """Samples per optimiser step."""
    learning_rate: float = Field(default=3e-3, gt=0)
    """Adam's rate for classical parameters."""
    quantum_learning_rate: float = Field(default=1e-2, gt=0)
    """Adam's rate for circuit weights."""
    learning_rate_decay: Literal["none", "cosine"] = "cosine"
    """Whether both rates fall to a twentieth over the epochs, or stay."""
    weight_decay: float = Field(default=0.0, ge=0, le=1e3)
    """Decoupled weight decay (AdamW) of classical parameters."""
    schedule: Literal["joint", "alternating"] = "joint"
    """Train circuit weights and classical parameters together, or in turns of one epoch each."""
    patience: int = Field(default=5, ge=1, le=10**5)
    """Epochs without a better validation loss before training stops."""
    clip_norm: float = Field(default=1.0, gt=0)
    """Largest norm of the gradient."""
    validation_fraction: float = Field(default=0.15, gt=0, lt=0.5)
    """Latest part of the training samples, kept for early stopping and calibration."""
    threads: int | None = Field(default=1, ge=1, le=256)
    """PyTorch's threads at work: small networks are fastest with one; null: as they are."""
    gradient_checkpointing: bool = False
    """Recompute the controller in the backward pass instead of storing its states."""
    circuit_steps: int = Field(default=0, ge=0, le=10**5)
    """Steps by which the first fit trains fixed circuits through the solve of their readout; what
    loses least on rows held back for that is kept, be it what was drawn."""
    members: int = Field(default=1, ge=1, le=20)
    """Networks trained from different seeds, whose outputs are averaged."""
    quantum_ratio: float = Field(default=1.0, ge=0, le=1)
    """Prior variance given to fixed circuits, against that of their classical twin beside them: of
    1 there is no way round the circuits, of 0 there are none."""


class PriceConfig(_Config):
    """What circuits cost on a device, and above what nothing is sent there."""

    seconds_per_circuit: float = Field(default=0.0, ge=0, le=1e6)
    """Time of a device to load each circuit."""
    seconds_per_shot: float = Field(default=250e-6, ge=0, le=1e6)
    """Time of a device for each shot; by default the delay between shots of IBM's devices."""
    money_per_second: float = Field(default=0.0, ge=0, le=1e6)
    """Price of a second of the device's time, in the currency of your plan."""
    most_circuits: int | None = Field(default=None, ge=0)
    """Circuits above which a job is refused; null for none, as below."""
    most_shots: int | None = Field(default=None, ge=0)
    """Shots above which a job is refused."""
    most_seconds: float | None = Field(default=None, ge=0)
    """Seconds of a device above which a job is refused."""
    most_money: float | None = Field(default=None, ge=0)
    """Money above which a job is refused."""


class ApplicationConfig(_Config):
    """What every task has; each domain package extends it."""

    WITHOUT_REFIT: ClassVar[frozenset[str]] = frozenset({"level", "cases"})
    """Fields that may change when a saved model predicts."""

    cases: int = Field(default=5, ge=1, le=10**4)
    """Remembered cases shown behind each prediction."""
    level: tuple[float, ...] = Field(default=(80.0, 95.0), max_length=20)
    """Levels of the intervals in percent, as 80,95."""
    calibration_window: int = Field(default=500, ge=20, le=10**6)
    """Latest out-of-sample scores from which conformal intervals are drawn."""
    calibration_rate: float = Field(default=0.005, ge=0, lt=1)
    """Step of the adaptive conformal update."""

    @field_validator("level")
    @classmethod
    def _each_level_once(cls, level: tuple[float, ...]) -> tuple[float, ...]:
        if len(set(level)) < len(level):
            raise ValueError("Input should have each level once")
        return level


class QMANNConfig(_Config):
    """Everything that a run depends on besides its data."""

    quantum: QuantumConfig = QuantumConfig()
    classical: ClassicalConfig = ClassicalConfig()
    memory: MemoryConfig = MemoryConfig()
    hybrid: HybridConfig = HybridConfig()
    application: SerializeAsAny[ApplicationConfig] = ApplicationConfig()
    answer: Literal["network", "best"] = "network"
    """Who answers: the network, or which model loses least on the validation part, a baseline too;
    set by model=best."""
    seed: int = Field(default=0, ge=0, le=2**63 - 1)
    """Seed of every random choice."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """Threshold of the ``qmann`` loggers."""
    price: PriceConfig = PriceConfig()
