"""Which requests get a copy or a check, and why the others do not: by endpoint and flag, and for a write by its status."""

from parity.exchange import LEGACY, MODERN, Endpoint
from proxy.flags import Flag
from proxy.read_backs import ReadBacks
from proxy.settings import ProxySettings, WriteCheck
from proxy.stages import READS, WRITES

NEVER = "never"
NO_READ = "no_read"
REFUSED_WRITE = "refused_write"
STAGE = "stage"
UNKNOWN_COMMIT = "unknown_commit"
WRITE = "write"
_SEE_OTHER = 303


class Spared:
    """What the settings of one worker say of it; asked once for each endpoint and flag version."""

    def __init__(self, settings: ProxySettings) -> None:
        self._checks = settings.write_checks
        self._read_backs = ReadBacks(settings.endpoints)

    def reason(self, endpoint: Endpoint, flag: Flag) -> str:
        """Why there is no copy of a request at this endpoint, whatever comes of it; empty where there is one."""
        is_write = not endpoint.is_read
        if not endpoint.mirrorable:
            return NEVER
        if is_write and self._checks.of(endpoint) is WriteCheck.NONE:
            return WRITE
        if READS[flag.stage].outside.shadow is None:
            return STAGE
        return NO_READ if self.is_unread(endpoint) and not self.may_rehearse(endpoint, flag) else ""

    def is_unread(self, endpoint: Endpoint) -> bool:
        """Whether it is a write that no read shows: only a rehearsal can tell anything of it."""
        return not endpoint.is_read and self._read_backs.of(endpoint.name) is None

    def may_rehearse(self, endpoint: Endpoint, flag: Flag) -> bool:
        """Whether writes at this endpoint may be rehearsed by modern, as far as legacy commits them."""
        return (
            not endpoint.is_read
            and endpoint.mirrorable
            and self._checks.of(endpoint) is WriteCheck.REHEARSE
            and WRITES[flag.stage].outside.authoritative is LEGACY
            and READS[flag.stage].outside.shadow is MODERN
        )

    def rate(self, endpoint: Endpoint, flag: Flag) -> float:
        """The share of the others that have one."""
        return flag.sample_rate if endpoint.is_read else flag.sample_rate * self._checks.share


def is_refused(status: int) -> bool:
    """Whether a write that was answered so has written nothing that could be read back."""
    return not (200 <= status < 300 or status == _SEE_OTHER or status >= 500)


def unchecked(status: int) -> str:
    """Why a write that was answered so, and may have been committed, is not read back; empty where it is.

    A backend that failed is spared: whatever the reads said, nobody could tell whether it was the write's doing.
    """
    return UNKNOWN_COMMIT if status >= 500 else ""
