"""A stand-in of IBM's service, and what is run; without a network."""

import pytest


@pytest.fixture
def ran(monkeypatch):
    """Circuits of each job, and their shots, as the vendor runs them."""
    from qmann_core.backends.runtime import Runtime

    found, run = [], Runtime.result

    def seen(self, job):
        program = self._sent[job][1].inputs
        found.append((sum(item.size() for item in program.items), program.shots))
        return run(self, job)

    monkeypatch.setattr(Runtime, "result", seen)
    return found


@pytest.fixture
def ledger(tmp_path):
    from qmann_core.backends.ledger import Ledger
    from qmann_core.backends.patience import Patience

    return Ledger(tmp_path / "jobs", patience=Patience(first_wait=0.0, tries=4))


class StandIn:
    """QiskitRuntimeService, whose device is a fake one."""

    def __init__(self, part):
        self.part, self.error, self.made, self.refusals = part, None, [], []

    def backend(self, name):
        assert name == "ibm_somewhere"
        return self.part("fake_provider").FakeManilaV2()

    def jobs(self, *, job_tags, limit, descending):
        assert (limit, descending) == (None, False)
        if self.error:
            raise self.error
        return [job for tags, job in self.made if tags == job_tags]

    def job(self, job_id):
        for _, job in self.made:
            if job.job_id() == job_id:
                return job
        raise self.part("exceptions").RuntimeJobNotFound(job_id)


@pytest.fixture
def service(monkeypatch):
    """Remembers the jobs that it is given, by their tags, and the batches."""
    from qmann_core.backends.runtime import part
    from qmann_core.interop.sdk import sdk

    stand_in, batches = StandIn(part), []
    runtime = sdk("qiskit_ibm_runtime")
    monkeypatch.setattr(runtime, "QiskitRuntimeService", lambda: stand_in)
    estimator, batch = part("executor_estimator").Estimator, runtime.Batch

    class Remembered(estimator):
        def run(self, pubs):
            if stand_in.refusals:
                raise stand_in.refusals.pop()
            job = super().run(pubs)
            stand_in.made.append((self.options.environment.job_tags, job))
            return job

    monkeypatch.setattr(part("executor_estimator"), "Estimator", Remembered)
    monkeypatch.setattr(runtime, "Batch", lambda backend: batches.append(1) or batch(backend))
    stand_in.batches = batches
    return stand_in
