"""The scorecard as Markdown, for a pull request or a page of documentation."""

from loadtests.scorecard.card import Row, Scorecard
from parity.load_results import MISSED
from parity.report_words import moment

HEAD = ("", "goal", "baseline", "target", "measured", "by, when")


def scorecard_markdown(card: Scorecard) -> str:
    """The document."""
    lines = [
        "# Scorecard",
        "",
        f"{card.headline} As of {moment(card.generated_at)}.",
        *(line for problem in card.unread for line in ("", f"Could not be read: {_plain(problem)}")),
        "",
        _line(HEAD),
        _line(["---"] * len(HEAD)),
        *(_row(row) for row in card.rows),
    ]
    if card.left_out:
        lines += ["", *(f"- {_plain(name)}: left out, {_plain(why)}" for name, why in card.left_out)]
    return "\n".join([*lines, ""])


def _row(row: Row) -> str:
    goal, found = row.goal, row.found
    word = f"**{found.judgement}**" if found.judgement == MISSED else found.judgement
    measured = f"{found.measured}: {found.detail}" if found.measured else "-"
    source = ". ".join([row.source, *found.remarks])
    plain = (_plain(text) for text in (goal.name, goal.baseline, goal.target, measured, source))
    return _line([word, *plain])


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Words from outside, such as why a run failed, end no cell and are no markup."""
    flat = " ".join(text.split())
    for character in "\\`*_|<>[]#@":
        flat = flat.replace(character, f"&#{ord(character)};")
    return flat
