"""What a load test found, as the terminal, a page, JSON, JUnit and Markdown show it."""

from loadtests.reports.files import to_json, write_html, write_junit, write_markdown
from loadtests.reports.terminal import render

__all__ = ["render", "to_json", "write_html", "write_junit", "write_markdown"]
