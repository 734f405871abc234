"""The proxy's own answers: why it refuses a request, and how a backend failed; small JSON in the API's envelope."""

from datetime import UTC, datetime
from enum import Enum

import msgspec


class Refusal(Enum):
    """Why the client gets an answer of the proxy's own.

    The value is: status, code of the envelope, message, error of `Proxy-Status` (RFC 9209 section 2.3).
    """

    BAD_TARGET = (400, "BAD_REQUEST", "The request target is malformed", "http_request_error")
    BAD_HEADER = (400, "BAD_REQUEST", "A header cannot be passed on", "http_request_error")
    CONNECT = (405, "METHOD_NOT_ALLOWED", "CONNECT is not supported", "http_request_denied")
    LOOP = (508, "LOOP_DETECTED", "The request has been here before", "proxy_loop_detected")
    REFUSED = (502, "BAD_GATEWAY", "The service cannot be reached", "connection_refused")
    BROKEN = (502, "BAD_GATEWAY", "The service broke off", "connection_terminated")
    MALFORMED = (502, "BAD_GATEWAY", "The service gave no valid answer", "http_protocol_error")
    BUSY = (503, "SERVICE_UNAVAILABLE", "The service is busy", "connection_limit_reached")
    SILENT = (504, "GATEWAY_TIMEOUT", "The service did not answer in time", "http_response_timeout")
    UNREACHED = (504, "GATEWAY_TIMEOUT", "The service could not be reached in time", "connection_timeout")
    INTERNAL = (500, "INTERNAL_ERROR", "The proxy failed", "proxy_internal_error")

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.value[0]

    @property
    def code(self) -> str:
        """The code in the envelope."""
        return self.value[1]

    @property
    def word(self) -> str:
        """What the access log and spans say."""
        return self.name.lower()

    @property
    def observed_error(self) -> str:
        """The word of `Observation.error` where a backend is the cause."""
        return _OBSERVED.get(self, "broken")

    def headers(self, request_id: str) -> list[tuple[str, str]]:
        """The headers of the answer but for its length."""
        headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("Proxy-Status", f"crossfade; error={self.value[3]}"),
            ("X-Request-Id", request_id),
        ]
        if self is Refusal.BUSY:
            headers.append(("Retry-After", "1"))
        return headers

    def body(self, request_id: str) -> bytes:
        """The envelope, without anything internal."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return msgspec.json.encode(
            {
                "success": False,
                "error": {"code": self.code, "message": self.value[2], "requestId": request_id},
                "timestamp": now,
            }
        )


_OBSERVED = {
    Refusal.REFUSED: "refused",
    Refusal.SILENT: "timeout",
    Refusal.UNREACHED: "timeout",
}
