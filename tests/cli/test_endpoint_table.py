"""Endpoints from a table: CSV or TOML, every bad row at once."""

from pathlib import Path

import pytest

from cli.endpoint_table import endpoints_in
from cli.errors import UsageError
from cli.listed import LeftOut, Listed

ROWS = (
    Listed("orders", "GET", "/v1/orders"),
    Listed("orders", "POST", "/v1/orders", given={"mirrorable": False}),
    Listed("orders", "PUT", "/v1/orders/{id}", given={"read_back": "none"}),
)


def table(directory: Path, name: str, text: str) -> Path:
    file = directory / name
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "t.csv",
            (
                "domain,method,path,mirrorable,read_back\norders,get,/v1/orders,,\n,POST,/v1/orders,false,\n\n"
                "orders,PUT,/v1/orders/{id},,none\n"
            ),
        ),
        (
            "t.CSV",
            "Path; method".lower() + ";mirrorable;read_back\n/v1/orders;GET;;\n/v1/orders;POST;no;\n"
            "/v1/orders/{id};PUT;;none\n",
        ),
        (
            "t.tsv",
            (
                "method\tpath\tmirrorable\tread_back\nGET\t/v1/orders\nPOST\t/v1/orders\tfalse\n"
                "PUT\t/v1/orders/{id}\t\tnone\n"
            ),
        ),
        (
            "t.toml",
            (
                '[[endpoints]]\nmethod = "get"\npath = "/v1/orders"\n'
                '[[endpoints]]\ndomain = "orders"\nmethod = "POST"\npath = "/v1/orders"\nmirrorable = false\n'
                '[[endpoints]]\nmethod = "PUT"\npath = "/v1/orders/{id}"\nread_back = "none"\n'
            ),
        ),
    ],
)
def test_a_table_may_be_csv_or_toml(tmp_path: Path, name: str, text: str) -> None:
    assert endpoints_in(table(tmp_path, name, text)).listed == ROWS


def test_a_row_that_is_there_twice_is_left_out(tmp_path: Path) -> None:
    found = endpoints_in(table(tmp_path, "t.csv", "method,path\nGET,/a/{x}\nGET,/a/{y}\n"))

    assert found.left_out == (LeftOut("GET /a/{y}", "the same as GET /a/{x}"),)


def test_every_bad_row_is_said_at_once(tmp_path: Path) -> None:
    text = "domain,method,path,mirrorable\nOrders,GET,/a,\n,G T,b,maybe\n,GET,/c/{d}.pdf,\n"

    with pytest.raises(UsageError) as raised:
        endpoints_in(table(tmp_path, "t.csv", text))

    first, *lines = str(raised.value).split("\n  ")
    assert first.endswith("t.csv: 5 fields are wrong:")
    assert [line.rpartition(": ")[0] for line in lines] == [
        "line 2: domain: 'Orders'",
        "line 3: method: 'G T'",
        "line 3: path: 'b'",
        "line 3: mirrorable: 'maybe'",
        "line 4: path: '/c/{d}.pdf'",
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "t.csv",
            "method,route\nGET,/a\n",
            "unknown column 'route'; no column 'path'; expected a header of domain",
        ),
        ("t.csv", "method,path\nGET,/a,x\n", "line 2: expected 2 columns, found more"),
        ("t.csv", "method,path\n", "expected at least one endpoint"),
        ("t.csv", "", "no column 'method'"),
        ("t.toml", "endpoints = 3\n", "expected rows of [[endpoints]]"),
        ("t.toml", "[[endpoints]\n", "not valid TOML"),
        ("t.xlsx", "x", "expected a table that ends in .csv, .tsv or .toml, found '.xlsx'"),
    ],
)
def test_what_is_no_table_is_said(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        endpoints_in(table(tmp_path, name, text))

    assert said in str(raised.value)


def test_a_table_that_is_not_there_or_no_text_is_said(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe")

    with pytest.raises(UsageError, match=r"none.csv: cannot be read: No such file"):
        endpoints_in(tmp_path / "none.csv")
    with pytest.raises(UsageError, match=r"t.csv: expected UTF-8"):
        endpoints_in(tmp_path / "t.csv")
