"""A connection for posting webhooks that is opened anew when the receiver has closed it."""

import http.client
from collections.abc import Mapping

TIMEOUT_S = 5.0


class Connection:
    """Posts one body after the other."""

    def __init__(self, host: str, port: int) -> None:
        """Nothing is opened yet."""
        self._connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer; 0 for none in time."""
        for _ in range(2):
            try:
                self._connection.request("POST", path, body, dict(headers))
                answer = self._connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                self._connection.close()
            else:
                return answer.status
        return 0
