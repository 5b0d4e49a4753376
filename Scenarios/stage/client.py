"""Plain requests to a server by its port, with the host that the request is for."""
import http.client
import socket
from dataclasses import dataclass, field


@dataclass
class Answer:
    status: int
    fields: dict = field(default_factory=dict)   # names in lower case
    body: bytes = b""

    @property
    def control(self):
        """The directives of Cache-Control, in lower case."""
        return [each.strip().lower() for each in self.fields.get("cache-control", "").split(",") if each.strip()]

    @property
    def max_age(self):
        """Seconds for which whoever may keep it may use it."""
        if {"no-store", "no-cache"} & set(self.control):
            return 0
        stated = [each[8:] for each in self.control if each.startswith("max-age=")]
        age = int(self.fields.get("age", "0"))
        return max(int(stated[0]) - age, 0) if stated and stated[0].isdigit() else 0


class Client:
    """One connection that is kept, and opened again when the server has ended it."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, host, target, fields=None, method="GET", body=None):
        for attempt in (1, 2):
            try:
                self.connection.request(method, target, body, headers={"Host": host, **(fields or {})})
                answer = self.connection.getresponse()
                content = answer.read()
                break
            except (http.client.RemoteDisconnected, ConnectionError, http.client.CannotSendRequest):
                self.connection.close()
                if attempt == 2:
                    raise
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)

    def close(self):
        self.connection.close()


class UnixClient(Client):
    """To a socket of the file system."""

    def __init__(self, path):
        self.connection = UnixConnection(path)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("tandem", timeout=30)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)
