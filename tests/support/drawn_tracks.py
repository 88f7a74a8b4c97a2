"""Nobody's tracks: agents that turn at rates of their own, seen each second."""

import numpy as np
import pandas as pd


def drawn_tracks(agents=12, seconds=60, seed=0):
    """Columns agent, time, x, y in metres; a fifth of the agents go straight on."""
    rng, time = np.random.default_rng(seed), np.arange(seconds)
    parts = []
    for number in range(agents):
        turn = 0 if number % 5 == 0 else rng.uniform(-0.06, 0.06)
        heading, speed = rng.uniform(0, 2 * np.pi) + turn * time, rng.uniform(1, 3)
        x, y = rng.uniform(-50, 50, 2)[:, None] + speed * np.cumsum(
            [np.cos(heading), np.sin(heading)], axis=1
        )
        noise = 0.02 * rng.normal(size=(2, seconds))
        track = {"agent": f"a{number}", "time": time, "x": x + noise[0], "y": y + noise[1]}
        parts.append(pd.DataFrame(track))
    return pd.concat(parts, ignore_index=True)


WINDOW = {"history": 6, "horizon": 5, "step": 1, "every": 3, "moved": 1}
"""Settings that suit them."""
