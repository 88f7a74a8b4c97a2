"""What a person does with the page of autonomous systems, in a real Chromium."""

import browsing
import pandas as pd
import pytest
from playwright.sync_api import expect

from qmann_autonomous import plan

pytestmark = pytest.mark.slow
SCENE = pd.DataFrame(
    {"agent": ["ego", "bus"], "x": [0, 40], "lane": [1, 1], "speed": [25, 10], "width": [2, 2.5]}
)


def test_a_scene_is_planned_for_and_taken_along(visit):
    tab = visit("/autonomous?autonomous-question=What%20should%20it%20do%3F")
    browsing.settle(tab)
    browsing.choose(tab, "Data", "A file of my own")
    file = {"name": "scene.csv", "mimeType": "text/csv", "buffer": SCENE.to_csv().encode()}
    tab.locator("input[type=file]").set_input_files(file)
    expected = plan(SCENE).table
    title = expected["manoeuvre"][0].capitalize().replace("^2", "²")
    expect(tab.get_by_role("heading", name=title)).to_be_visible()
    table = pd.read_csv(browsing.downloaded(tab, "Table (CSV)").path())
    assert table["manoeuvre"].tolist() == [text.lstrip("'") for text in expected["manoeuvre"]]


@pytest.mark.parametrize(
    ("name", "question", "viewport", "scheme"),
    [
        ("path", "Where will it be?", browsing.DESKTOP, "light"),
        ("path", "Where will it be?", browsing.PHONE, "dark"),
        ("risk", "What may collide?", browsing.DESKTOP, "dark"),
        ("risk", "What may collide?", browsing.PHONE, "light"),
        ("plan", "What should it do?", browsing.DESKTOP, "light"),
        ("plan", "What should it do?", browsing.PHONE, "dark"),
    ],
)
def test_how_it_looks(name, question, viewport, scheme, visit, screenshots):
    address = f"autonomous-question={question.replace('?', '%3F')}&run=autonomous-{name}"
    tab = visit(f"/autonomous?{address}&autonomous-preset=Fast", viewport=viewport, scheme=scheme)
    browsing.done(tab)
    browsing.settle(tab)
    browsing.opened_up(tab)
    expect(tab.get_by_test_id("stSkeleton")).to_have_count(0)
    assert not browsing.accessible(tab)
    main = tab.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    device = "phone" if viewport == browsing.PHONE else "desktop"
    browsing.keep(tab, screenshots, f"autonomous-{name}-{device}-{scheme}")
