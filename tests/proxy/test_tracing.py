"""Spans on the loop: which are taken, and what a sender that fails costs."""

from collections.abc import Sequence

from proxy.tracing import Span, Tracer

UNSAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


class Sender:
    """Remembers what it was sent, or refuses it."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.spans: list[Span] = []
        self.closed = False

    def send(self, spans: Sequence[Span]) -> int:
        """All or none."""
        if self.failure is not None:
            raise self.failure
        self.spans += spans
        return len(spans)

    def close(self) -> None:
        """No more."""
        self.closed = True


def span(**changes: object) -> Span:
    values: dict[str, object] = {
        "id": "1234567890abcdef1234567890abcdef",
        "parent": "",
        "at": 1_700_000_000.0,
        "duration_s": 0.25,
        "method": "GET",
        "path": "/v1/escrows/{id}",
        "target": "/v1/escrows/1?token=secret",
        "host": "crm.example.test:8080",
        "status": 200,
        "backend": "modern",
        "stage": "live",
        "flag_version": 3,
        "error": "",
    }
    return Span(**{**values, **changes})  # type: ignore[arg-type]  # a factory with overrides


def test_spans_are_sent_and_the_sender_is_closed_at_the_end() -> None:
    sender = Sender()
    tracer = Tracer(sender)
    tracer.spool.start()
    tracer.put(span())

    tracer.end(5)

    assert (sender.spans, sender.closed, tracer.spool.written) == ([span()], True, 1)


def test_a_sender_that_fails_costs_counted_spans() -> None:
    tracer = Tracer(Sender(ConnectionError("away")))
    tracer.spool.start()
    for _ in range(3):
        tracer.put(span())

    tracer.end(5)

    assert (tracer.spool.written, tracer.spool.failed) == (0, 3)


def test_what_does_not_fit_is_counted() -> None:
    tracer = Tracer(Sender(), max_items=2)
    for _ in range(5):
        tracer.put(span())

    assert tracer.spool.no_room == 3


def test_the_client_decides_and_else_the_rate() -> None:
    tracer = Tracer(Sender(), rate=0)

    assert not Tracer(Sender()).wants(UNSAMPLED, span().id)
    assert tracer.wants(f"{UNSAMPLED[:-2]}01", span().id)
    assert not tracer.wants("", span().id)
