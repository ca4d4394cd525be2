"""A visitor of the app without a browser: it speaks the page library's own protocol over a web socket.

Twenty browsers would take both cores for themselves; twenty of these leave them to the server, as twenty people at
their own machines do. It collects everything that the server sends, so that a test can look for what it should not.
"""

from __future__ import annotations

import re
import time
import urllib.request
from dataclasses import dataclass
from typing import Any, Final

_SECONDS: Final = 120.0


@dataclass(frozen=True)
class Answered:
    """One interaction: what was done, and the seconds until the page had been drawn anew."""

    what: str
    seconds: float


class Visitor:
    """One browser session of the app at `base` (http://host:port). Widgets are named by their keys."""

    def __init__(self, base: str, query: str = "") -> None:
        from websockets.sync.client import connect

        self.base, self.query = base, query
        with urllib.request.urlopen(f"{base}/_stcore/host-config", timeout=30):
            pass
        with urllib.request.urlopen(f"{base}/_stcore/health", timeout=30) as answer:
            cookies = answer.headers.get_all("Set-Cookie") or []
        found = [m[1] for c in cookies if (m := re.match(r"_streamlit_xsrf=([^;]+)", c))]
        self.xsrf = found[0] if found else ""
        self._socket: Any = connect(
            f"{base.replace('http', 'ws', 1)}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            max_size=None,
            open_timeout=60,
        )
        self.session_id, self.page, self.pages = "", "", dict[str, str]()
        self.widgets: dict[str, Any] = {}
        self._states: dict[str, Any] = {}
        self._elements: dict[tuple[int, ...], Any] = {}
        self.heard: list[bytes] = []
        self.answers: list[Answered] = []

    def close(self) -> None:
        """Leave."""
        self._socket.close()

    @property
    def words(self) -> str:
        """Everything that the server has sent to this visitor so far."""
        return b"\n".join(self.heard).decode("utf-8", "replace")

    @property
    def failures(self) -> list[str]:
        """The errors that stand on the page as it is now."""
        return [
            element.exception.message
            for element in self._elements.values()
            if element.WhichOneof("type") == "exception"
        ]

    def open(self, page: str = "") -> Answered:
        """Go to a page by its address ("" = the first one)."""
        if page:
            self.page = self.pages[page]
            self._states = {}
        return self._ask(f"page {page or 'first'}")

    def set(self, key: str, **value: Any) -> Answered:
        """Set a widget, as in set("policy", string_value="denver_star")."""
        from streamlit.proto.WidgetStates_pb2 import WidgetState

        self._states[key] = WidgetState(id=self.widgets[key].id, **value)
        return self._ask(f"{key} = {next(iter(value.values()))!r:.40}")

    def upload(self, key: str, name: str, content: bytes) -> Answered:
        """Send a file through a file box that takes several."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo

        asked = BackMsg()
        asked.file_urls_request.request_id = "1"
        asked.file_urls_request.file_names.append(name)
        asked.file_urls_request.session_id = self.session_id
        self._socket.send(asked.SerializeToString())
        urls = None
        while urls is None:
            message = self._receive(_SECONDS)
            if message.WhichOneof("type") == "file_urls_response":
                urls = message.file_urls_response.file_urls[0]
        self._put(urls.upload_url, name, content)
        info = UploadedFileInfo(file_id=urls.file_id, name=name, size=len(content), file_urls=urls)
        return self.set(key, file_uploader_state_value=FileUploaderState(uploaded_file_info=[info]))

    def _put(self, path: str, name: str, content: bytes) -> None:
        mark = "rightcall-boundary"
        head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
            "Content-Type: text/csv\r\n\r\n"
        )
        request = urllib.request.Request(
            self.base + path,
            data=head.encode() + content + f"\r\n--{mark}--\r\n".encode(),
            method="PUT",
            headers={
                "Content-Type": f"multipart/form-data; boundary={mark}",
                "X-Xsrftoken": self.xsrf,
                "Cookie": f"_streamlit_xsrf={self.xsrf}",
            },
        )
        with urllib.request.urlopen(request, timeout=60):
            pass

    def _ask(self, what: str) -> Answered:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_script_hash = self.page
        for state in self._states.values():
            message.rerun_script.widget_states.widgets.append(state)
        began = time.perf_counter()
        self._socket.send(message.SerializeToString())
        self._elements = {}
        self._until_finished()
        answered = Answered(what, time.perf_counter() - began)
        self.answers.append(answered)
        return answered

    def _until_finished(self) -> None:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        while True:
            message = self._receive(_SECONDS)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.session_id = message.new_session.initialize.session_id
            elif kind == "navigation":
                self.page = message.navigation.page_script_hash
                self.pages = {p.url_pathname: p.page_script_hash for p in message.navigation.app_pages}
            elif kind == "delta":
                self._take(message)
            elif kind == "script_finished" and message.script_finished in (
                ForwardMsg.FINISHED_SUCCESSFULLY,
                ForwardMsg.FINISHED_WITH_COMPILE_ERROR,
            ):
                return

    def _take(self, message: Any) -> None:
        if message.delta.WhichOneof("type") != "new_element":
            return
        element = message.delta.new_element
        self._elements[tuple(message.metadata.delta_path)] = element
        kind = element.WhichOneof("type")
        widget = getattr(element, kind)
        if str(getattr(widget, "id", "")).startswith("$$ID-"):
            # The server names a widget $$ID-hash-key.
            self.widgets[str(widget.id).split("-", 2)[2]] = widget

    def _receive(self, seconds: float) -> Any:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        raw = self._socket.recv(timeout=seconds)
        assert isinstance(raw, bytes)
        self.heard.append(raw)
        message = ForwardMsg()
        message.ParseFromString(raw)
        return message
