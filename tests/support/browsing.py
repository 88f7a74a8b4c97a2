"""A real Chromium on the pages, and what a person does there; imported by path, see pyproject."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import TimeoutError as Waited
from playwright.sync_api import expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PATIENCE = 90_000
RESULT = "Take it with you"
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        reason = "Chromium is not installed: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(chromium):
    """The address of the pages."""
    with closing(socket.socket()) as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    short = str(Path(__file__).with_name("short_demos.py"))
    command = [sys.executable, short, "finance", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://localhost:{port}/_stcore/health", process)
        yield f"http://localhost:{port}"
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture
def visit(chromium, server):
    """Opens a page in a session of its own; no request of it may leave the machine."""
    contexts, hosts = [], set()

    def open_page(path="/finance", *, viewport=DESKTOP, scheme="light"):
        context = chromium.new_context(viewport=viewport, color_scheme=scheme)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        tab = context.new_page()
        tab.goto(server + path)
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert hosts <= {"localhost", None}  # None: data: and blob: addresses


def _wait(url, process):
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the server did not start: {process.poll()}")


def settle(tab):
    """Wait until the script has ended: what it draws anew would close an open list."""
    app = tab.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning")


def choose(tab, label, option):
    settle(tab)
    box, wanted = tab.get_by_role("combobox", name=label), tab.get_by_role("option", name=option)
    for _ in range(20):  # what is drawn anew closes a list that has just been opened
        if not wanted.is_visible():
            box.click()
        with suppress(Waited):
            wanted.click(timeout=1000)
            return
    wanted.click()


def go(tab, name):
    """To another page, by the menu."""
    settle(tab)
    tab.get_by_test_id("stPageLink").get_by_role("link", name=name, exact=True).click()
    expect(tab.get_by_role("heading", level=1, name=name)).to_be_visible()


def run(tab):
    tab.get_by_role("button", name="Run", exact=True).click()


def done(tab):
    expect(tab.get_by_role("heading", name=RESULT)).to_be_visible()


def keep(tab, folder, name):
    """A picture of the whole page."""
    height = tab.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    width = tab.viewport_size["width"]
    tab.set_viewport_size({"width": width, "height": height + 80})
    tab.wait_for_timeout(500)  # charts follow the new size
    tab.screenshot(path=folder / f"{name}.png")


def opened_up(tab):
    """Open what is folded below an answer."""
    for part in tab.get_by_test_id("stExpander").all():
        if part.get_attribute("open") is None and "More options" not in part.inner_text():
            part.locator("summary").click()


def accessible(tab):
    """What axe-core finds wrong, a line for each element, once styles have arrived."""
    # Streamlit's place for files has a role that its name makes void, which hurts nobody.
    rules = {"presentation-role-conflict": {"enabled": False}}
    options = {"resultTypes": ["violations"], "rules": rules}
    for _ in range(10):
        found = Axe().run(tab, options=options).response["violations"]
        if not found:
            break
        tab.wait_for_timeout(500)
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


def downloaded(tab, label):
    with tab.expect_download() as waiting:
        tab.get_by_role("button", name=label).click()
    return waiting.value
