"""The command ``qmann-apps``: a server for the pages, and a browser on the one that was asked."""

import argparse
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from contextlib import closing
from importlib import import_module
from pathlib import Path

from qmann_apps import PAGES
from qmann_core.cli import StrictParser
from qmann_core.start import start

_FIRST_PORT = 8501
_PATIENCE = 60.0


def run() -> None:
    """Entry point."""
    start("qmann-apps", "qmann_apps.__main__:main")


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the pages until Ctrl-C."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.port is not None and not _free(asked.port):
        parser.error(f"got --port {asked.port}, which is in use: choose another one")
    port = asked.port or next(filter(_free, range(_FIRST_PORT, 65535)))
    url = f"http://localhost:{port}/" + ("" if asked.page == "home" else asked.page)
    sys.stdout.write(f"QMANN is at {url} (Ctrl+C ends it)\n")
    sys.stdout.flush()
    if not asked.no_browser:
        threading.Thread(target=_open, args=(url, port), daemon=True).start()
    from streamlit import net_util  # not before, so that --help stays light
    from streamlit.web import cli

    # When another site's script knocks, Streamlit asks a server elsewhere for the address of this
    # machine; no option keeps it from that.
    net_util.get_external_ip = net_util.get_internal_ip
    # Not before either: two threads that import the same libraries at once can break both.
    threading.Thread(target=_warm, daemon=True).start()
    script = Path(__file__).with_name("home.py")
    cli.main(["run", str(script), "--server.port", str(port)], prog_name="streamlit")


def _parser() -> argparse.ArgumentParser:
    parser = StrictParser(
        prog="qmann-apps", description="QMANN in the browser; circuits are simulated."
    )
    parser.add_version("qmann-apps")
    parser.add_argument(
        "page", nargs="?", choices=("home", *PAGES), default="home", help="default: home"
    )
    parser.add_argument("--port", type=_port, help=f"default: {_FIRST_PORT}, or the next free one")
    parser.add_argument("--no-browser", action="store_true", help="only start the server")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6) or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"got {text}: expected a number from 1 to 65535")
    return int(text)


def _free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("localhost", port))
        except OSError:
            return False
    return True


def _warm() -> None:
    """Import what the first answer needs while the browser starts."""
    import_module("qmann_apps._page")
    for name in PAGES:
        import_module(f"qmann_{name}.tasks")


def _open(url: str, port: int) -> None:
    """A browser, as soon as the server answers."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            with socket.create_connection(("localhost", port), timeout=1):
                break
        except OSError:
            time.sleep(0.1)
    webbrowser.open(url)


if __name__ == "__main__":
    run()
