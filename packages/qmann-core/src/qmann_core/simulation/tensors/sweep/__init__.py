"""Many qubits: gate by gate on groups of wires, with a backward pass of its own."""
