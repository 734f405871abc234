"""What came of a change, kept for the next page of the same session, and not longer."""

from collections import OrderedDict
from dataclasses import dataclass

from proxy.console.sessions import Session
from proxy.console.tokens import digest_of

MAX_NOTICES = 1_000


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence; `is_alarm` when something is not as it should be."""

    text: str
    is_alarm: bool = False


class Notices:
    """One for a session at most, and bounded in all."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Notice] = OrderedDict()

    def keep(self, session: Session, notice: Notice) -> None:
        """For the next page."""
        key = digest_of(session.id)
        self._kept[key] = notice
        self._kept.move_to_end(key)
        if len(self._kept) > MAX_NOTICES:
            self._kept.popitem(last=False)

    def take(self, session: Session) -> Notice | None:
        """The one that is kept, which is gone then."""
        return self._kept.pop(digest_of(session.id), None)
