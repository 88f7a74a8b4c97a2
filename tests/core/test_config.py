"""Configuration: who wins, what is refused and with which words, and that no field is dead."""

import ast
import itertools
import json
import math
from pathlib import Path

import pytest
from pydantic import ValidationError

import qmann_core
import qmann_drug
import qmann_finance
from qmann_core.config import (
    ApplicationConfig,
    ClassicalConfig,
    HybridConfig,
    MemoryConfig,
    QMANNConfig,
    QuantumConfig,
    load_config,
    parse_config,
)
from qmann_core.errors import ConfigError
from qmann_drug.config import DrugConfig, DrugSettings
from qmann_finance.config import FinanceConfig, FinanceSettings
from qmann_finance.presets import FORECAST_PRESETS, VOLATILITY_PRESETS

FILES = {
    ".yaml": "hybrid: {epochs: 7, batch_size: 7, patience: 7}\n",
    ".yml": "hybrid:\n  epochs: 7\n  batch_size: 7\n  patience: 7\n",
    ".toml": "[hybrid]\nepochs = 7\nbatch_size = 7\npatience = 7\n",
    ".json": '{"hybrid": {"epochs": 7, "batch_size": 7, "patience": 7}}',
}
SECTIONS = {
    "quantum": (QuantumConfig,),
    "classical": (ClassicalConfig,),
    "hybrid": (HybridConfig,),
    "memory": (MemoryConfig,),
    "application": (ApplicationConfig, DrugConfig, FinanceConfig),
    "config": (QMANNConfig, DrugSettings, FinanceSettings),
}
FIELDS = sorted(
    {
        (section, kind, name)
        for section, kinds in SECTIONS.items()
        for kind in kinds
        for name in kind.model_fields
    },
    key=lambda field: (field[0], field[1].__name__, field[2]),
)


def write(folder, suffix, text):
    file = folder / f"settings{suffix}"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("suffix", FILES)
def test_later_sources_win(suffix, tmp_path):
    """Preset < file < environment < --set; what a source leaves out stays as it was."""
    preset = QMANNConfig(hybrid=HybridConfig(epochs=6, batch_size=6, patience=6, clip_norm=6.0))
    config = load_config(
        preset,
        file=write(tmp_path, suffix, FILES[suffix]),
        environ={"QMANN_HYBRID__EPOCHS": "8", "QMANN_HYBRID__BATCH_SIZE": "8", "HOME": "/"},
        overrides=["hybrid.epochs=9"],
    )
    hybrid = config.hybrid
    assert (hybrid.epochs, hybrid.batch_size, hybrid.patience, hybrid.clip_norm) == (9, 8, 7, 6.0)
    assert config.model_copy(update={"hybrid": preset.hybrid}) == preset
    assert preset.hybrid.epochs == 6


def test_the_last_override_wins_and_nothing_changes_nothing():
    base = FinanceSettings()
    assert load_config(base, overrides=["seed=1", "seed=2"]).seed == 2
    assert load_config(base) == base


@pytest.mark.parametrize(
    ("override", "section", "name", "value"),
    [
        ("hybrid.learning_rate=1e-3", "hybrid", "learning_rate", 1e-3),
        ("hybrid.samples_per_epoch=100", "hybrid", "samples_per_epoch", 100),
        ("hybrid.samples_per_epoch=", "hybrid", "samples_per_epoch", None),
        ("hybrid.samples_per_epoch=null", "hybrid", "samples_per_epoch", None),
        ("hybrid.gradient_checkpointing=true", "hybrid", "gradient_checkpointing", True),
        ("quantum.ansatz=chen_v0", "quantum", "ansatz", "chen_v0"),
        ("application.level=[50, 99.9]", "application", "level", (50.0, 99.9)),
        ("application.tickers=[AAPL]", "application", "tickers", ("AAPL",)),
        ("application.demo=a=b", "application", "demo", "a=b"),
    ],
)
def test_overrides_are_values_of_yaml(override, section, name, value):
    config = load_config(FinanceSettings(), overrides=[override])
    assert getattr(getattr(config, section), name) == value


def test_the_kind_of_the_preset_is_kept():
    config = load_config(FinanceSettings(), environ={"QMANN_APPLICATION__TEST_DAYS": "70"})
    assert type(config) is FinanceSettings
    assert config.application == FinanceConfig(test_days=70)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("hybird.epochs=5", r"configuration hybird: no such key\. Did you mean 'hybrid'\?"),
        ("hybrid.epoch=5", r"configuration hybrid\.epoch: no such key\. Did you mean 'epochs'\?"),
        ("quantum.qubits=5", r"quantum\.qubits: no such key\. Did you mean 'n_qubits'\?"),
        ("application.horizn=5", r"application\.horizn: no such key\. Did you mean 'horizon'\?"),
        ("application.levels=5", r"application\.levels: no such key\. Did you mean 'level'\?"),
        (
            "zzz=5",
            r"zzz: no such key\. Known here: quantum, classical, memory, hybrid, application",
        ),
        ("quantum.zzz=5", r"quantum\.zzz: no such key\. Known here: n_qubits, n_layers, ansatz"),
    ],
)
def test_an_unknown_key_names_the_nearest(override, message):
    with pytest.raises(ConfigError, match=message):
        load_config(FinanceSettings(), overrides=[override])


@pytest.mark.parametrize("suffix", FILES)
def test_an_unknown_key_in_a_file_names_the_nearest(suffix, tmp_path):
    file = write(tmp_path, suffix, FILES[suffix].replace("epochs", "epocs"))
    with pytest.raises(ConfigError, match=r"hybrid\.epocs: no such key\. Did you mean 'epochs'"):
        load_config(QMANNConfig(), file=file)


def test_an_unknown_key_in_the_environment_names_the_nearest():
    with pytest.raises(ConfigError, match=r"hybrid\.epocs: no such key\. Did you mean 'epochs'"):
        load_config(QMANNConfig(), environ={"QMANN_HYBRID__EPOCS": "5"})


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("hybrid.epochs=many", "hybrid.epochs: got 'many'. Input should be a valid integer"),
        ("hybrid.epochs=5.5", "hybrid.epochs: got 5.5. Input should be a valid integer"),
        ("hybrid.epochs.now=5", r"hybrid.epochs: got \{'now': 5\}. Input should be a valid int"),
        ("hybrid.epochs=0", "hybrid.epochs: got 0. Input should be greater than or equal to 1"),
        ("hybrid.learning_rate=.nan", "learning_rate: got nan. Input should be greater than 0"),
        ("hybrid.validation_fraction=.5", "got 0.5. Input should be less than 0.5"),
        ("quantum.n_qubits=13", "quantum.n_qubits: got 13. Input should be less than or equal"),
        (
            "quantum.strategy=fast",
            "got 'fast'. Input should be 'auto', 'kernel', 'fused', 'gates' or 'adjoint'",
        ),
        ("application.level=80", "application.level: got 80. Input should be a valid tuple"),
        ("application.level=[80, x]", r"application.level.1: got 'x'. Input should be a valid num"),
        ("seed=-1", "seed: got -1. Input should be greater than or equal to 0"),
        ("hybrid=5", "--set hybrid=5: hybrid is a section with the keys epochs, refit_epochs"),
        ("hybrid=", "--set hybrid=: hybrid is a section with the keys epochs"),
        ("hybrid.epochs", "got --set 'hybrid.epochs': expected key=value, as in hybrid.epochs=5"),
        ("hybrid.epochs=[5", r"--set hybrid.epochs=\[5: '\[5' is no value in YAML; close brackets"),
        ("application.tickers=[@ES]", r"'\[@ES\]' is no value in YAML; .* quote text with special"),
    ],
)
def test_a_wrong_value_is_explained(override, message):
    with pytest.raises(ConfigError, match=message):
        load_config(FinanceSettings(), overrides=[override])


def test_all_wrong_values_are_told_at_once():
    with pytest.raises(ConfigError, match=r"n_qubits: got 99.*; .*hybrid\.epochs: got 0"):
        load_config(QMANNConfig(), overrides=["hybrid.epochs=0", "quantum.n_qubits=99"])


def test_a_section_in_the_environment_is_refused_as_a_scalar():
    with pytest.raises(ConfigError, match="QMANN_QUANTUM: quantum is a section with the keys"):
        load_config(QMANNConfig(), environ={"QMANN_QUANTUM": "4"})


@pytest.mark.parametrize(
    ("suffix", "content", "message"),
    [
        (".yaml", b"a: [", r"settings\.yaml: not valid YAML"),
        (".yaml", b"a: \xff", r"settings\.yaml: not valid YAML: 'utf-8' codec"),
        (".toml", b"a =", r"settings\.toml: not valid TOML"),
        (".json", b"{", r"settings\.json: not valid JSON: .*line 1"),
        (".yaml", b"", r"settings\.yaml: expected a mapping such as 'hybrid: \{epochs: 5\}'"),
        (".json", b"[1]", r"settings\.json: expected a mapping"),
        (".yaml", b"hybrid: 5", r"settings\.yaml: hybrid is a section with the keys epochs"),
        (".yaml", b"hybrid:", r"settings\.yaml: hybrid is a section with the keys epochs"),
        (
            ".yaml",
            b"1: 2",
            r"settings\.yaml: configuration 1: no such key\. Known here: quantum, classical",
        ),
        (".ini", b"", r"settings\.ini: expected one of \.yaml, \.yml, \.toml, \.json"),
    ],
)
def test_a_broken_file_is_explained(suffix, content, message, tmp_path):
    file = tmp_path / f"settings{suffix}"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        load_config(QMANNConfig(), file=file)


def test_a_missing_file_is_explained(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: no such configuration file; check"):
        load_config(QMANNConfig(), file=tmp_path / "none.toml")


def test_a_folder_is_no_file(tmp_path):
    folder = tmp_path / "folder.yaml"
    folder.mkdir()
    with pytest.raises(ConfigError, match=r"folder\.yaml: cannot be read \(Is a directory\)"):
        load_config(QMANNConfig(), file=folder)


@pytest.mark.parametrize("preset", ["fast", "standard", "thorough"])
@pytest.mark.parametrize("presets", [FORECAST_PRESETS, VOLATILITY_PRESETS])
def test_json_round_trip(presets, preset):
    config = presets[preset]
    assert parse_config(type(config), json.loads(config.model_dump_json())) == config
    assert parse_config(type(config), config.model_dump()) == config


def test_values_cannot_be_changed():
    config = QMANNConfig()
    with pytest.raises(ValidationError, match="Instance is frozen"):
        config.seed = 3
    with pytest.raises(ValidationError, match="Instance is frozen"):
        config.hybrid.epochs = 3


def test_the_defaults_are_those_of_the_specification():
    assert (ClassicalConfig().hidden_size, ClassicalConfig().context_size) == (256, 64)


def attributes(folder):
    """(owner, name) of every ``owner.name`` in the sources, the configuration apart."""
    files = [
        file
        for file in folder.rglob("*.py")
        if file.name != "config.py" and file.parent.name != "config"
    ]
    assert files
    for node in (n for file in files for n in ast.walk(ast.parse(file.read_text("utf-8")))):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            owner = node.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            yield name.removeprefix("_"), node.attr


@pytest.fixture(scope="module")
def read():
    packages = (qmann_core, qmann_drug, qmann_finance)
    return {pair for each in packages for pair in attributes(Path(each.__file__).parent)}


@pytest.mark.parametrize(
    ("section", "kind", "name"), FIELDS, ids=[f"{k.__name__}.{n}" for _, k, n in FIELDS]
)
def test_every_field_is_read_and_described(read, section, kind, name):
    owners = {owner for owner, attribute in read if attribute == name}
    assert owners & {section, "config"}, f"{name} is read of {owners or 'nothing'} alone"
    field = kind.model_fields[name]
    described = field.description or field.annotation.__doc__
    assert described.rstrip().endswith("."), f"{name} has no docstring"


BOMBS = {
    "aliases": ".yaml",
    "nested yaml": ".yaml",
    "nested yaml list": ".yaml",
    "nested json": ".json",
    "nested toml": ".toml",
    "tag": ".yaml",
    "long": ".yaml",
    "device": ".yaml",
    "digits": ".yaml",
    "month": ".yaml",
}
TEXTS = {
    "aliases": "a: &a [1, 1]\n"
    + "\n".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in itertools.pairwise("abcdefgh")
    ),
    "nested yaml": "{a: " * 5000,
    "nested yaml list": "hybrid: {epochs: " + "[" * 40 + "]" * 40 + "}",
    "nested json": '{"hybrid": ' + "[" * 10**5,
    "nested toml": "a = " + "[" * 10**4,
    "tag": "seed: !!timestamp x",
    "long": "seed: 1 #" + "x" * 10**5,
    "digits": "seed: " + "9" * 5000,
    "month": "hybrid: {epochs: 2020-13-45}",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_that_stands_for_more_than_it_says_is_refused_in_one_line(bomb, tmp_path):
    file = tmp_path / f"settings{BOMBS[bomb]}"
    if bomb == "device":
        file.symlink_to("/dev/zero")
    else:
        file.write_text(TEXTS[bomb])
    with pytest.raises(ConfigError) as caught:
        load_config(QMANNConfig(), file=file)
    text = str(caught.value).replace(str(tmp_path), "")
    assert len(text) <= 300
    assert "\n" not in text


@pytest.mark.parametrize(
    "text",
    [
        "hybrid.epochs=" + "[" * 5000,
        "hybrid.epochs=" + "9" * 5000,
        "hybrid.epochs=0x" + "f" * 5000,
        "hybrid.epochs=!!bool x",
        "hybrid.epochs=!!int ''",
        "hybrid.epochs=&a 5",
        "hybrid.epochs=2020-13-45",
        "hybrid.epochs=0x_",
        "hybrid.epochs={[1]: 2}",
        "hybrid.epochs=" + "a" * 10**6,
        "hybrid" + ".a" * 5000 + "=1",
        "x" * 5000 + "=1",
        "y" * 5000,
        "=5",
    ],
    ids=lambda text: f"{text[:20]} {len(text)}",
)
def test_what_is_set_is_plain_and_short(text):
    with pytest.raises(ConfigError) as caught:
        load_config(QMANNConfig(), overrides=[text])
    assert len(str(caught.value)) <= 300
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("section", "kind", "name"), FIELDS)
def test_every_number_has_bounds_and_is_no_truth(section, kind, name):
    """A number beyond any that makes sense is refused before anything is made of it."""
    annotation = kind.model_fields[name].annotation
    wrong = {
        int: (True, 10**30, -(10**30)),
        float: (True, math.inf, -math.inf, math.nan),
        tuple[float, ...]: ([True], [math.inf], [1.0] * 10**4),
    }
    plain = next((k for k in wrong if annotation in (k, k | None)), None)
    for value in wrong.get(plain, ()):
        with pytest.raises(ValidationError):
            kind(**{name: value})


def test_a_level_is_given_once():
    with pytest.raises(ConfigError, match=r"level: got .*Input should have each level once"):
        load_config(QMANNConfig(), overrides=["application.level=[80, 80]"])


def test_threads_that_no_machine_has_are_refused():
    with pytest.raises(
        ConfigError, match=r"hybrid\.threads: got 5000\. .*less than or equal to 256"
    ):
        load_config(QMANNConfig(), overrides=["hybrid.threads=5000"])
