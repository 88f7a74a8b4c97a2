"""Properties and affinities of molecules with hybrid quantum-classical networks."""
