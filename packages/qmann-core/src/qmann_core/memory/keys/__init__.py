"""Keys as quantum states: encodings, how states age, and what their register looks like."""
