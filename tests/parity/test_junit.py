"""JUnit XML: the form that its readers agree on."""

from xml.etree import ElementTree as ET

from parity.junit import add_case, add_skipped, add_suite, add_text, begin, close


def test_cases_are_counted_at_every_suite_and_at_the_root() -> None:
    root = begin("crossfade x")
    first, second = (add_suite(root, name, 1_796_000_000.0) for name in ("one", "two"))
    add_text(add_case(first, "x", "fails"), "failure", "why", message="why", type="wrong")
    add_text(add_case(first, "x", "passes"), "system-out", "said")
    add_skipped(add_case(second, "x", "skipped"), "nothing there")

    read = ET.fromstring(close(root))  # noqa: S314  we wrote it

    counts = [
        [part.get(name) for name in ("tests", "failures", "errors", "skipped")] for part in (read, *read)
    ]
    assert counts == [["3", "1", "0", "1"], ["2", "1", "0", "0"], ["1", "0", "0", "1"]]
    assert [case.get("classname") for case in read.iter("testcase")] == ["x.one", "x.one", "x.two"]
    assert read[0].get("timestamp") == "2026-11-30T00:53:20"


def test_what_xml_cannot_write_is_replaced() -> None:
    root = begin("crossfade x")
    suite = add_suite(root, "a\x00b", 0.0)
    add_skipped(add_case(suite, "x", "\x1b[31m"), "\ud800")

    read = ET.fromstring(close(root))  # noqa: S314  we wrote it

    assert [part.get("name") for part in read.iter() if part.tag != "testsuites"][:2] == [
        "a\ufffdb",
        "\ufffd[31m",
    ]
