"""What can go wrong in the proxy.

ProxyError
├── UnknownKeyError          no domain and no endpoint is called that
├── StageError               that stage does not exist, or cannot be reached from here
├── ShareError               a canary share or sample rate outside 0 to 1
├── RefusedError             a step forward without a ready verdict, or in a freeze window
├── FlagFileError            a file of flags is not in the form that was expected
├── ConflictError            somebody else changed the flag table in the meantime
├── NotAcknowledgedError     a proxy worker did not take over the new flags in time
├── FlagStoreError           the database of the flag table refuses
├── CountsError              the memory in which workers count writes cannot be had, or has no room
├── UnsignedError            writes are to be rehearsed, and there is no secret to sign them with
├── ListenError              a port that the proxy should listen on cannot be had
├── TelemetryError           what spans are sent with is not installed
├── ChannelError             the address of a channel of notifications is none
├── NotSentError             a channel did not take a notification
└── TokenError               no access token is called that, or can be
"""

from collections.abc import Sequence


class ProxyError(Exception):
    """Anything that keeps the proxy or its operator from going on; the message is one sentence for the user."""


class UnknownKeyError(ProxyError):
    """No domain and no endpoint is called that; the message names close matches."""


class StageError(ProxyError):
    """That stage does not exist, or cannot be reached from the present one; the message names the next one."""


class ShareError(ProxyError):
    """A canary share or sample rate that is not a number from 0 to 1."""


class RefusedError(ProxyError):
    """A step forward is refused by a verdict or a freeze window: `lines` say what is missing."""

    def __init__(self, what: str, lines: Sequence[str]) -> None:
        super().__init__("\n  ".join([f"{what}:", *lines]))
        self.lines = tuple(lines)


class FlagFileError(ProxyError):
    """A file of flags is not in the form that was expected; the message holds every fault."""

    def __init__(self, where: str, problems: Sequence[str]) -> None:
        super().__init__("\n  ".join([f"{where}:", *problems]))
        self.problems = tuple(problems)


class ConflictError(ProxyError):
    """The flag table has another version than the one the change was decided on."""


class NotAcknowledgedError(ProxyError):
    """Some proxy workers did not acknowledge a version in time: `missing` names them."""

    def __init__(self, version: int, missing: Sequence[str], timeout_s: float) -> None:
        super().__init__(
            f"flag version {version} was not acknowledged within {timeout_s:g} s by proxy worker "
            f"{', '.join(missing)}; it may still serve the version before"
        )
        self.version = version
        self.missing = tuple(missing)


class FlagStoreError(ProxyError):
    """The database of the flag table cannot be reached or refuses."""


class CountsError(ProxyError):
    """The memory in which workers count writes for each other cannot be made or read, or has no room."""


class UnsignedError(ProxyError):
    """Writes are to be rehearsed, and modern could not tell a rehearsal from a write: there is no shadow secret."""


class ListenError(ProxyError):
    """A port that the proxy should listen on is in use or not allowed."""


class TelemetryError(ProxyError):
    """Spans are asked for, and what they are sent with is not installed."""


class ChannelError(ProxyError):
    """What is configured as a channel of notifications cannot be one; the message holds no address."""


class NotSentError(ProxyError):
    """A channel did not take a notification; the message holds no address."""


class TokenError(ProxyError):
    """No access token of the console has that id, or none can have that name."""
