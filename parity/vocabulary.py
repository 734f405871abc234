"""Which keys hold secrets or people's data, which hold words of a program, and the words of error messages.

Redaction is default deny: what is not known here to be harmless becomes a token.
"""

import re


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SENSITIVE_WORDS = _set(
    """
    account address auth bearer bio birth birthday birthdate body card city comment comments company content cookie
    csrf cvv description dob email emails fax firstname fullname hash iban ip jwt key keys lastname lat latitude
    license licence lng lon longitude mail mobile name names note notes otp passwd password passwords phone phones pin
    postal postcode pwd query recipient salt secret secrets sender session signature sms ssn street subject surname
    tax tel telephone text title token tokens url username zip
    """
)
_SENSITIVE_PARTS = (
    "address",
    "apikey",
    "authorization",
    "birth",
    "cookie",
    "credential",
    "email",
    "password",
    "passwd",
    "phone",
    "secret",
    "signature",
    "token",
    "username",
)
_WORD_KEYS = _set(
    "action code currency direction errorcode event field format kind level method mode order outcome priority role "
    "scope severity sort stage status type unit"
)
_MESSAGE_KEYS = frozenset({"message", "msg", "error", "detail", "reason", "suggestion"})
_MESSAGE_WORDS = _set(
    """
    a above access account action active admin after agent all allowed already also an and any archive archived are
    array as at authentication authorization authorized available bad be because been before below between body
    boolean both broken but by can cannot changed changes character characters check client code column conflict
    connection contact content could create created current data database date decimal default delete deleted denied
    did different disabled do does duplicate each either element email empty end endpoint error escrow escrows exceed
    exceeds exist existing exists expected expired export failed fetch fetching field fields file filter first for
    forbidden format found from get given greater had has have header id in inactive incorrect input insert integer
    internal into invalid is it items json key last least length less limit line list listing listings longer malformed
    match maximum may message method minimum missing modified modify more most must name negative new no none not null
    number object of offset on once one only open operation option options or order other out over own owner page
    parameter parse password path payment permission permissions phone please position positive present price
    property provided purchase query range reached read record records recover relation request requested require
    required requires resource restore restored retrieve retrieved role row rows same scope search server should size
    some sort state status still string successfully syntax table team than that the then there this time timeout
    timestamp to token too try type unable unauthorized under unexpected unique unknown until update updated updates
    updating user users uuid valid validation value values version violates violation was were when which while with
    within without would write you your zero
    """
)
_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")


def _words(key: str) -> list[str]:
    return [word.lower() for word in _SPLIT.split(key) if word]


def is_sensitive(key: str) -> bool:
    """Whether what stands under this key, all of it, is somebody's secret or personal."""
    if len(key) > 200:
        return True
    words = _words(key)
    joined = "".join(words)
    return (
        any(word in _SENSITIVE_WORDS for word in words)
        or any(part in joined for part in _SENSITIVE_PARTS)
        or joined.endswith("name")
    )


def holds_words(key: str) -> bool:
    """Whether the values of this key are words of the program, such as a status."""
    words = _words(key)
    return bool(words) and words[-1] in _WORD_KEYS


def holds_message(key: str) -> bool:
    """Whether the values of this key are sentences of the program, such as an error's message."""
    words = _words(key)
    return bool(words) and words[-1] in _MESSAGE_KEYS


def is_message_word(word: str) -> bool:
    """Whether a word of a message says nothing about anybody."""
    return word.lower() in _MESSAGE_WORDS
