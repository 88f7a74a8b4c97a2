"""The server of the pages, and scripts of other sites."""

import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest

PATIENCE = 60.0


@pytest.fixture
def asked():
    """A listener that stands for all that is elsewhere, and what it was asked."""
    found: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def listen():
            while True:
                try:
                    with listener.accept()[0] as connection:
                        found.append(connection.recv(1000))
                except OSError:
                    return

        threading.Thread(target=listen, daemon=True).start()
        yield listener.getsockname()[1], found
        listener.shutdown(socket.SHUT_RDWR)


def knock(port, origin):
    """The first line of the answer to a script of another site that wants to talk."""
    lines = (
        *("GET /_stcore/stream HTTP/1.1", f"Host: localhost:{port}", f"Origin: {origin}"),
        *("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"),
        *("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "", ""),
    )
    with socket.create_connection(("localhost", port), timeout=PATIENCE) as connection:
        connection.sendall("\r\n".join(lines).encode())
        return connection.recv(100).split(b"\r\n")[0]


def test_another_site_is_refused_without_a_word_to_anybody(asked):
    elsewhere, found = asked
    with closing(socket.socket()) as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    proxies = {f"{kind}_proxy": f"http://127.0.0.1:{elsewhere}" for kind in ("http", "https")}
    command = [sys.executable, "-m", "qmann_apps", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(
        command,
        env={**os.environ, **proxies},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                refused = knock(port, "https://example.org")
                break
            except OSError:
                time.sleep(0.2)
        assert b" 403 " in refused
        assert b" 101 " in knock(port, f"http://localhost:{port}")
        assert found == []
    finally:
        process.kill()
        process.wait(10)
