"""Processes of the environment: one worker for each method, and single runs."""

import json
import os
import select
import subprocess
import tempfile

from .environment import HERE, last_line

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "QULACS_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONWARNINGS": "ignore",
}


class MethodError(RuntimeError):
    """A method ended, or gave no answer in time; the message says which."""


class Worker:
    """A method's process, which answers one request at a time."""

    def __init__(self, python, method):
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  (open as long as the process)
        self._process = subprocess.Popen(
            [python, "-m", "engine_peers.worker", method],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=HERE,
            env=environment(python),
        )

    def answer(self, seconds):
        """The next answer; whoever gives none within ``seconds`` is ended."""
        stream = self._process.stdout
        ready, _, _ = select.select([stream], [], [], seconds)
        line = stream.readline() if ready else ""
        if line:
            return json.loads(line)
        self.close()
        self._errors.seek(0)
        reason = last_line(self._errors.read())
        raise MethodError(f"FAILED: {reason}" if ready else f"no answer within {seconds:.0f} s")

    def ask(self, request, seconds):
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return self.answer(seconds)

    def close(self):
        self._process.kill()
        self._process.wait()


def once(python, module, *arguments, seconds):
    """Standard output of a module that runs once."""
    command = [python, "-m", f"engine_peers.{module}", *arguments]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=HERE,
            env=environment(python),
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise MethodError(f"no answer within {seconds:.0f} s") from error
    if done.returncode:
        raise MethodError(f"FAILED: {last_line(done.stderr)}")
    return done.stdout


def environment(python):
    """One thread everywhere; what Python and JAX compile is kept beside the environment."""
    beside = python.parent.parent.parent
    caches = {
        "JAX_COMPILATION_CACHE_DIR": str(beside / "jax-cache"),
        "PYTHONPYCACHEPREFIX": str(beside / "bytecode"),
        "PYTHONDONTWRITEBYTECODE": "",
    }
    return {**os.environ, **ONE_THREAD, **caches}
