import pytest

from qmann_core.training.progress import progress_bar
from qmann_core.training.trainer import HybridTrainer


@pytest.mark.parametrize("progress", [True, False])
def test_nothing_stays_on_either_stream(tiny, capfd, progress):
    trainer = HybridTrainer(tiny.CONFIG, seed=0, progress=progress)
    trainer.fit(tiny.model(), tiny.samples(64), tiny.samples(9))
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.strip() == ""


def test_a_terminal_sees_how_far_training_is(capfd, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with progress_bar(20, enabled=True) as advance:
        advance("epoch 2 of 5", 7)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "epoch 2 of 5" in captured.err
    assert "7/20" in captured.err
