"""Markdown for a pull request: what it says, and that captured text stays in its place, read by a real parser."""

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from parity.gate import judge_gate
from parity.report import EndpointRow
from parity.report_markdown import MAX_CHARACTERS, render_markdown
from parity.tally import Balance, Costs, Tally
from tests.parity.reports import HOSTILE, group, report, sample


def tokens(text: str) -> list[Token]:
    """All tokens, those within paragraphs and cells too."""
    parser = MarkdownIt("commonmark").enable("table")
    return [inner for token in parser.parse(text) for inner in (token, *(token.children or ()))]


def shown(text: str) -> str:
    """What a reader sees outside of code: text, not markup."""
    return "".join(token.content for token in tokens(text) if token.type in {"text", "text_special"})


def test_it_says_what_the_report_says() -> None:
    text = render_markdown(report())

    assert text.startswith("## Parity: 3 of 1,204 comparisons differ, in 1 group at 1 endpoint.\n")
    assert "1,160 match" in shown(text)
    assert "| <code>GET /v1/escrows/{id}</code> | 1,204 | **3** | 12 | 0.57x | 0.60x |" in text
    assert text.count("<details>") == text.count("</details>") == 2
    assert "### Differences, largest first" in text
    assert "Accepted: Q-16: items gain field (crm, until 2027-06-30)" in text


def test_a_sample_is_a_diff() -> None:
    text = render_markdown(report())

    (fence, *_) = [token for token in tokens(text) if token.type == "fence"]
    assert fence.info == "diff"
    assert fence.content.splitlines()[-3:] == [" status 200", "-445000", "+445001"]


def test_another_status_is_a_diff_of_statuses() -> None:
    found = group(path="$status", kind="status", samples=(sample(path="$status", modern_status=500),))

    text = render_markdown(report(groups=(found,)))

    assert "-status 200\n+status 500\n" in text


def test_without_groups_there_is_nothing_to_unfold() -> None:
    assert "<details>" not in render_markdown(report(groups=()))


def test_a_gate_comes_first_with_its_conditions() -> None:
    given = report()

    text = render_markdown(given, judge_gate(given, min_comparisons=5_000, max_rate=0))

    assert text.startswith("## Parity: The gate does not hold for all domains.\n")
    assert "| comparisons | cannot be told | 1,204, wanted 5,000 at least |" in text
    assert "| mismatch rate | **does not hold** |" in text
    assert [token.type for token in tokens(text)].count("table_open") == 2


ESCAPES = [
    HOSTILE,
    "```\n</details>\n# Owned\n```",
    "`````````` @octocat #1 https://evil.example/ www.evil.example",
    "</code></summary><h1>Owned</h1>",
    "| a | b |\n|---|---|\n![x](https://evil.example/x.png) [x](https://evil.example)",
    "~~~\n*owned* __owned__ &lt;h1&gt; \\",
    "owned@evil.example :rocket: $x$",
]


@pytest.mark.parametrize("hostile", ESCAPES)
def test_captured_text_stays_in_its_place(hostile: str) -> None:
    groups = [
        group(
            path=hostile,
            endpoint=f"GET /{hostile}",
            accepted_by=by,
            owner=by,
            samples=(sample(path=hostile, target=hostile, legacy=hostile, modern=f"{hostile}!"),),
        )
        for by in ("", hostile)
    ]
    harmless = [
        group(path="p", endpoint="GET /", accepted_by=by, owner=by, samples=(sample(legacy="1", modern="2"),))
        for by in ("", "o")
    ]
    row = EndpointRow(f"GET /{hostile}", "escrows", Tally(), Costs())
    plain = EndpointRow("GET /", "escrows", Tally(), Costs())

    found = tokens(render_markdown(report(groups=tuple(groups), endpoints=(row,))))
    expected = tokens(render_markdown(report(groups=tuple(harmless), endpoints=(plain,))))

    def kinds(of: list[Token]) -> list[str]:
        return [token.type for token in of if token.type not in {"text", "text_special"}]

    assert kinds(found) == kinds(expected)
    html = "".join(token.content for token in found if token.type in {"html_block", "html_inline"})
    assert not any(tag in html for tag in ("<h1", "<script", "<img", "<a "))


def test_nobody_outside_of_code_is_mentioned() -> None:
    found = group(accepted_by="ask @octocat", owner="@octocat")

    text = render_markdown(report(groups=(found,), endpoints=()))

    assert "@octocat" not in shown(text)
    assert "@\u200boctocat" in shown(text)


def test_it_is_never_longer_than_a_comment_may_be() -> None:
    samples = (sample(legacy="`" * 9_000, modern="x\n" * 4_000),)
    many = tuple(group(id=str(n), path=f"$.field{n}", samples=samples) for n in range(300))
    rows = tuple(EndpointRow(f"GET /v1/{n}/{'_' * 100}", "escrows", Tally(), Costs()) for n in range(500))

    text = render_markdown(report(groups=many, endpoints=rows))

    assert MAX_CHARACTERS / 2 < len(text) <= MAX_CHARACTERS
    assert "endpoints more" in text
    assert "groups more" in text
    assert text.count("<details>") == text.count("</details>")


def test_books_that_do_not_balance_are_said() -> None:
    assert "THE BOOKS DO NOT BALANCE" in render_markdown(report(balance=Balance(mirrored=2, outcomes=1)))


def test_a_sample_of_a_write_check_says_so() -> None:
    checked = group(samples=(sample(write="POST /v1/escrows"),))

    assert ", checks POST /v1/escrows" in render_markdown(report(groups=(checked,)))
