"""Does the quantum part help? One call for any task, resumable, in parallel processes."""

from .run import audit as audit
