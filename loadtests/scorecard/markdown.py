"""The scorecard as Markdown, for a pull request or a page of documentation."""

import re
from collections.abc import Iterable

from loadtests.scorecard.card import Row, Scorecard, Sourced
from parity.load_results import MISSED
from parity.report_words import moment

_HEAD = ("", "goal", "baseline", "target", "measured", "by, when")
_MARKUP = re.compile(r"[\\`*_|<>\[\]#@&]")


def scorecard_markdown(card: Scorecard) -> str:
    """The document: the goals as a table, then what each source says."""
    lines = [
        "# Scorecard",
        "",
        f"{card.headline} As of {moment(card.generated_at)}.",
        "",
        *(f"**Could not be read**: {_plain(problem)}\n" for problem in card.unread),
        _line(_HEAD),
        _line(["---"] * len(_HEAD)),
        *(_row(row) for row in card.rows),
        "",
        *(line for sourced in card.by_source for line in _evidence(sourced)),
        *(f"- {_plain(words)}" for words in card.left_out_words),
    ]
    return "\n".join([*lines, ""])


def _row(row: Row) -> str:
    goal, found = row.goal, row.found
    word = f"**{found.judgement}**" if found.judgement == MISSED else found.judgement
    texts = (goal.name, goal.baseline, goal.target, found.measured or "-", row.source)
    return _line([word, *map(_plain, texts)])


def _evidence(sourced: Sourced) -> Iterable[str]:
    told = [
        (row.goal.name, "; ".join(text for text in (row.found.detail, *sourced.remarks(row)) if text))
        for row in sourced.rows
    ]
    said = [f"  - {_plain(name)}: {_plain(text)}" for name, text in told if text]
    said += [f"  - {_plain(remark)}" for remark in sourced.shared]
    return [f"- {_plain(sourced.source)}", *said] if said else []


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Words from outside, such as why a run failed, end no cell and are no markup."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", " ".join(text.split()))
