"""The proxy's own answers: why it refuses a request, and how a backend failed; small JSON in the API's envelope."""

from datetime import UTC, datetime
from enum import Enum
from http import HTTPStatus

import msgspec


class Refusal(Enum):
    """Why the client gets an answer of the proxy's own.

    The value is: status, code of the envelope, message, error of `Proxy-Status` (RFC 9209 section 2.3).
    """

    BAD_REQUEST_LINE = (400, "BAD_REQUEST", "The request line is malformed", "http_request_error")
    BAD_HEAD = (400, "BAD_REQUEST", "The head of the request is malformed", "http_request_error")
    BAD_HOST = (400, "BAD_REQUEST", "The Host header is missing or malformed", "http_request_error")
    BAD_FRAMING = (400, "BAD_REQUEST", "The length of the body is in doubt", "http_request_error")
    BAD_BODY = (400, "BAD_REQUEST", "The body is malformed", "http_request_error")
    BAD_TARGET = (400, "BAD_REQUEST", "The request target is malformed", "http_request_error")
    CONNECT = (405, "METHOD_NOT_ALLOWED", "CONNECT is not supported", "http_request_denied")
    SLOW = (408, "REQUEST_TIMEOUT", "The request did not come in time", "http_request_error")
    LARGE_BODY = (413, "PAYLOAD_TOO_LARGE", "The body is too large", "http_request_error")
    LONG_LINE = (414, "URI_TOO_LONG", "The request target is too long", "http_request_error")
    LARGE_HEAD = (431, "HEADERS_TOO_LARGE", "The headers are too large", "http_request_error")
    VERSION = (
        505,
        "HTTP_VERSION_NOT_SUPPORTED",
        "Only HTTP/1.1 and HTTP/1.0 are spoken here",
        "http_request_error",
    )
    LOOP = (508, "LOOP_DETECTED", "The request has been here before", "proxy_loop_detected")
    REFUSED = (502, "BAD_GATEWAY", "The service cannot be reached", "connection_refused")
    UNKNOWN = (502, "BAD_GATEWAY", "The service cannot be found", "dns_error")
    NO_TLS = (502, "BAD_GATEWAY", "The service does not speak TLS", "tls_protocol_error")
    UNTRUSTED = (502, "BAD_GATEWAY", "The service cannot be trusted", "tls_certificate_error")
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

    def answer(self, request_id: str, *, bodiless: bool = False) -> bytes:
        """The whole answer on the wire, after which the connection is closed; `bodiless`: to a HEAD."""
        body = self.body(request_id)
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            "Content-Type: application/json; charset=utf-8",
            "Cache-Control: no-store",
            f"Proxy-Status: crossfade; error={self.value[3]}",
            f"X-Request-Id: {request_id}",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        if self is Refusal.BUSY:
            lines.append("Retry-After: 1")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        return head if bodiless else head + body

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
    Refusal.UNKNOWN: "refused",
    Refusal.REFUSED: "refused",
    Refusal.SILENT: "timeout",
    Refusal.UNREACHED: "timeout",
}
