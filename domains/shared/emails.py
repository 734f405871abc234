"""E-mail addresses as the recorded API takes them: those of validator.js."""

import re
from typing import Annotated

from domains.shared.validation import Text, each

_MAX_LOCAL_BYTES = 64
_MAX_DOMAIN_BYTES = 254
_ATOM = re.compile(
    r"[a-z\d!#$%&'*+\-/=?^_`{|}~\u00A1-\uD7FF\uF900-\uFDCF\uFDF0-\uFFEF]+", re.IGNORECASE | re.ASCII
)
_QUOTED = re.compile(r'"([\s\x20\x21\x23-\x5B\x5D-\x7E\u00A0-\uD7FF]|\\[\x01-\x09\x0B\x0C\x0D-\x7F])*"')
_LABEL = re.compile(
    r"[a-z\u00A1-\uFFFF\d](?:[a-z\u00A1-\uFFFF\d-]{0,61}[a-z\u00A1-\uFFFF\d])?", re.IGNORECASE | re.ASCII
)
_TOP_LABEL = re.compile(r"(?:[a-z\u00A1-\uFFFF]{2,}|xn[a-z\d-]{2,})", re.IGNORECASE | re.ASCII)
# Full-width characters, which no domain name has.
_FULL_WIDTH = re.compile(r"[\uFF01-\uFF5E]")
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_GMAIL_LOCAL_BYTES = range(6, 31)


def is_email(value: str) -> bool:
    """An address with a local part and a domain name that has a top level."""
    local, at, domain = value.rpartition("@")
    if not at or len(local.encode()) > _MAX_LOCAL_BYTES or len(domain.encode()) > _MAX_DOMAIN_BYTES:
        return False
    if domain.lower() in _GMAIL and not _is_gmail_local(local.lower()):
        return False
    return _is_domain(domain) and _is_local(local)


def _is_gmail_local(local: str) -> bool:
    name = local.split("+", maxsplit=1)[0]
    return len(name.replace(".", "").encode()) in _GMAIL_LOCAL_BYTES and all(
        re.fullmatch(r"[a-z\d]+", part) for part in name.split(".")
    )


def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    return (
        len(labels) > 1
        and _TOP_LABEL.fullmatch(labels[-1]) is not None
        and _FULL_WIDTH.search(domain) is None
        and all(_LABEL.fullmatch(label) for label in labels)
    )


def _is_local(local: str) -> bool:
    if local.startswith('"'):
        return _QUOTED.fullmatch(local) is not None
    return all(_ATOM.fullmatch(part) for part in local.split("."))


Email = Annotated[Text, each(is_email, "Must be an e-mail address")]
"""Text that is an address, kept as it is spelled."""
