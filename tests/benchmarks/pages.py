"""How long a person waits for each question of the pages, warm; Streamlit's AppTest, no browser.

uv run python tests/benchmarks/pages.py
"""

import logging
import sys
import time
from pathlib import Path

import streamlit.config as st

sys.path.append(str(Path(__file__).parents[1] / "support"))

from tested_pages import opened, ran

QUESTIONS = {
    "finance: price": ("finance", {}),
    "finance: risk": ("finance", {"finance_question": "Risk"}),
    "drug: predict": ("drug", {"smiles": "CCCCO butanol"}),
    "drug: train": ("drug", {"drug_question": "Train"}),
    "drug: find": ("drug", {"drug_question": "Find", "smiles": "CCCCO butanol"}),
    "drug: check": ("drug", {"drug_question": "Check", "smiles": "CCCCO butanol"}),
    "health: diagnosis": ("health", {}),
    "health: survival": ("health", {"health_question": "Survival"}),
    "health: monitor": ("health", {"health_question": "Monitor"}),
    "materials: predict": ("materials", {"formula": "Al0.3CoCrFeNi"}),
    "materials: screen": ("materials", {"materials_question": "Screen"}),
    "materials: find": ("materials", {"materials_question": "Find"}),
    "materials: train": ("materials", {"materials_question": "Train"}),
    "industrial: life": ("industrial", {}),
    "industrial: fleet": ("industrial", {"industrial_question": "Fleet"}),
    "industrial: alarms": ("industrial", {"industrial_question": "Alarms"}),
    "industrial: faults": ("industrial", {"industrial_question": "Faults"}),
    "autonomous: path": ("autonomous", {}),
    "autonomous: risk": ("autonomous", {"autonomous_question": "What may collide?"}),
    "autonomous: plan": ("autonomous", {"autonomous_question": "What should it do?"}),
}


def seconds(page, address, seed):
    """From the page's address to the answer; another seed is another run."""
    start = time.perf_counter()
    app = ran(opened(page, **address, **{f"{page}_seed": str(seed)}))
    assert not app.exception
    return time.perf_counter() - start


if __name__ == "__main__":
    logging.disable()
    st.set_option("runner.postScriptGC", False)
    for name, (page, address) in QUESTIONS.items():
        first, warm, again = (seconds(page, address, seed) for seed in (0, 1, 1))
        print(f"{name:18}first {first:6.1f} s   warm {warm:6.1f} s   asked before {again:6.1f} s")
