"""Suggestions as TOML that can be pasted into a rule file: what is said about them stands in comments."""

import json
import textwrap

from parity.report_words import moment
from parity.suggest import Suggestion, Suggestions

_WIDTH = 78


def suggestions_toml(found: Suggestions) -> str:
    """The rules with their evidence, then, all as comments, what is withheld and why."""
    parts = [_rule(one) for one in found.suggested]
    if not parts:
        parts.append(toml_comment("Nothing to suggest."))
    if found.withheld:
        parts.append(toml_comment("Not suggested:"))
    parts += [
        f"{toml_comment(f'{one.endpoint} {one.path}')}\n{toml_comment(one.why, '  ')}"
        for one in found.withheld
    ]
    return "\n\n".join(parts) + "\n"


def _rule(one: Suggestion) -> str:
    rule = one.rule
    values = {
        "endpoint": rule.endpoint,
        "path": rule.path,
        "compare": rule.compare.value,
        "reason": rule.reason,
    }
    said = toml_comment(f"From {one.basis}: {one.evidence}. Since {moment(one.since_at)}.")
    return "\n".join([said, "[[rules]]", *(f"{key} = {toml_text(value)}" for key, value in values.items())])


def toml_comment(text: str, indent: str = "") -> str:
    """The text as comment lines of 78 columns at most; what cannot be printed is a question mark."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in text)
    prefix = f"# {indent}"
    return textwrap.fill(
        printable,
        _WIDTH,
        initial_indent=prefix,
        subsequent_indent=prefix,
        break_long_words=False,
        break_on_hyphens=False,
    )


def toml_text(value: str) -> str:
    """The text as a TOML string."""
    # a JSON string is a TOML string, but for pairs of surrogates and the one control character that JSON lets be
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
