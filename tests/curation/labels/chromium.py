"""A headless Chromium spoken to over a pipe (the DevTools protocol), for tests that look at a page as a person does."""

from __future__ import annotations

import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE_S = 30.0
_CODES = {"Enter": 13, "Escape": 27}


def found() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


class Tab:
    """One page. Whatever it logs as an error or asks of the network is kept."""

    def __init__(self, reads: int, writes: int) -> None:
        self._reads, self._writes, self._left = reads, writes, b""
        self._numbers, self._session = itertools.count(1), None
        self.errors: list[str] = []
        self.fetched: list[str] = []
        self.dialogs: list[str] = []

    def start(self, downloads: Path) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writes, json.dumps(message).encode() + b"\0")
        while True:
            said = self._message()
            if said.get("id") == number:
                assert "error" not in said, said
                result: dict[str, Any] = said["result"]
                return result
            self._notice(said)

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._reads], [], [], PATIENCE_S)
            assert ready, "the browser says nothing"
            part = os.read(self._reads, 1 << 20)
            assert part, "the browser is gone"
            self._left += part
        whole, self._left = self._left.split(b"\0", 1)
        message: dict[str, Any] = json.loads(whole)
        return message

    def _notice(self, said: dict[str, Any]) -> None:
        params = said.get("params", {})
        match said.get("method"):
            case "Runtime.exceptionThrown" | "Log.entryAdded":
                self.errors.append(json.dumps(params))
            case "Network.requestWillBeSent":
                self.fetched.append(params["request"]["url"])
            case "Page.javascriptDialogOpening":
                self.dialogs.append(params["message"])

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def value(self, expression: str) -> Any:
        made = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in made, made
        return made["result"].get("value")

    def until(self, expression: str) -> None:
        ends = time.monotonic() + PATIENCE_S
        while not self.value(expression):
            assert time.monotonic() < ends, f"never true: {expression}"
            time.sleep(0.02)

    def press(self, *keys: str) -> None:
        """Keys by name ("Enter"), or texts that are typed."""
        for key in keys:
            if key in _CODES:
                fields = {"key": key, "windowsVirtualKeyCode": _CODES[key], "text": "\r" if key == "Enter" else ""}
                self.call("Input.dispatchKeyEvent", type="keyDown", **fields)
                self.call("Input.dispatchKeyEvent", type="keyUp", **fields)
                continue
            for letter in key:
                self.call("Input.dispatchKeyEvent", type="keyDown", key=letter, text=letter)
                self.call("Input.dispatchKeyEvent", type="keyUp", key=letter)

    def sized(self, width: int, height: int, *, dark: bool = False) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


@contextmanager
def tab(folder: Path) -> Iterator[Tab]:
    """A tab of a browser that keeps its profile and what it downloads in the folder."""
    binary = found()
    assert binary
    to_us, from_browser = os.pipe()
    from_us, to_browser = os.pipe()
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (from_us, from_browser)]

    def hand_over() -> None:
        """The protocol is spoken at the descriptors 3 and 4."""
        os.dup2(ends[0], 3)
        os.dup2(ends[1], 4)

    command = [
        *(binary, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"),
        *("--disable-background-networking", "--disable-component-update", f"--user-data-dir={folder / 'profile'}"),
    ]
    process = subprocess.Popen(
        command,
        preexec_fn=hand_over,  # noqa: PLW1509
        close_fds=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for end in (from_us, from_browser, *ends):
        os.close(end)
    try:
        made = Tab(to_us, to_browser)
        made.start(folder)
        yield made
    finally:
        process.kill()  # its own children end with it; nothing of the profile is kept
        process.wait()
        os.close(to_browser)
        os.close(to_us)
