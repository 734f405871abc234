"""A load test as Markdown for a pull request."""

import msgspec
from markdown_it import MarkdownIt

from loadtests.reports.markdown import SHOWN, SHOWN_UNMET, render_markdown
from tests.parity import load_results_factory as made
from tests.parity.load_results_factory import load_test, mixed


def test_the_answer_comes_first_and_then_what_binds_and_is_not_met() -> None:
    text = render_markdown(mixed())

    assert text.startswith("## Load test: Missed: 2 of 19 binding targets, 1 undecided.")
    assert (
        "- **missed** <code>GET /v1/clients</code>: response time 0.72 (0.67-0.77), target at most 0.61\n"
        in text
    )
    assert "; 9 more pairs of blocks (about 2 min) would decide it\n" in text


def test_endpoints_are_a_table_to_unfold_with_the_worst_first() -> None:
    page = MarkdownIt("gfm-like", {"linkify": False}).render(render_markdown(mixed()))

    assert page.count("<table>") == 2
    assert page.count("<tr>") == 1 + 4 + 1 + 12
    folded = page[page.index("<details>") : page.index("</details>")]
    assert folded.index("PUT /v1/escrows/{id}") < folded.index("GET /v1/clients</code>")
    assert "<strong>missed: response time, not slower</strong>" in folded


def test_a_partial_run_says_so() -> None:
    assert (
        "**PARTIAL: the modern backend at http&#58;//127.0.0.1&#58;8082 stopped answering"
        in render_markdown(made.partial())
    )


def test_words_from_outside_stay_in_their_place() -> None:
    row = msgspec.structs.replace(load_test().endpoints[0], endpoint="GET /v1/<img src=x>|@team|`")

    text = render_markdown(load_test(endpoints=[row], notes=["see @team <script>"]))

    assert "<img" not in text
    assert "@team" not in text
    assert "<script" not in text


def test_a_comment_never_grows_without_end() -> None:
    row = load_test().endpoints[0]
    many = [msgspec.structs.replace(row, endpoint=f"{row.endpoint}/{number}") for number in range(SHOWN + 7)]

    text = render_markdown(load_test(endpoints=many))

    assert "and 7 endpoints more" in text
    assert len(text) < 60_000


def test_of_much_that_is_not_met_the_first_is_listed() -> None:
    row = next(one for one in mixed().endpoints if one.endpoint == "PUT /v1/escrows/{id}")
    many = [
        msgspec.structs.replace(row, endpoint=f"{row.endpoint}/{number}") for number in range(SHOWN_UNMET + 3)
    ]

    text = render_markdown(mixed(endpoints=many))

    assert text.count("- **missed**") == SHOWN_UNMET
    assert "\n- and 3 more\n" in text
