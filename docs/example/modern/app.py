"""The new side: Flask. `python app.py PORT`; BOOKS is the file that both sides share, as they would a database."""

import hashlib
import hmac
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.serving import WSGIRequestHandler, make_server

BOOKS = Path(os.environ["BOOKS"])
SECRET_FILE = Path(os.environ.get("SHADOW_KEY", ""))  # shadow.key in the state directory of Crossfade
AUDIT = os.environ.get("AUDIT")  # who read what: a copy must not be in it
app = Flask(__name__)
app.json.mimetype = "application/json; charset=utf-8"  # as Express says it


# --- what Crossfade may be told: the two optional headers ---------------------------------------------------------
@app.before_request
def begin() -> None:
    """No query yet."""
    g.queries = 0


@app.after_request
def say_queries(response: Response) -> Response:
    """How many there were."""
    response.headers["X-Query-Count"] = str(g.queries)
    return response


def is_copy(method: str, target: str, body: bytes, headers: Any, secret: bytes, now: float) -> bool:
    """Whether Crossfade says, and proves, that this is a copy: answer, but leave no trace."""
    parts = headers.get("X-Crossfade-Signature", "").split(",")
    fields = dict(part.split("=", 1) for part in parts if "=" in part)
    moment = fields.get("t", "")
    if headers.get("X-Crossfade-Shadow") != "read" or not moment.isdigit() or abs(now - int(moment)) > 300:
        return False
    text = f"{method}\n{target}\n{moment}\n{hashlib.sha256(body).hexdigest()}"
    expected = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, fields.get("v1", ""))


# --- the application ------------------------------------------------------------------------------------------------
@app.before_request
def audit() -> None:
    """Note who read what."""
    if request.method != "GET" or not AUDIT:
        return
    target = request.environ["RAW_URI"]
    secret = SECRET_FILE.read_bytes().strip() if SECRET_FILE.is_file() else b""
    if not is_copy("GET", target, request.get_data(), request.headers, secret, time.time()):
        with Path(AUDIT).open("a") as file:
            file.write(f"{target}\n")


def load() -> list[dict[str, Any]]:
    """All books."""
    g.queries += 1
    books: list[dict[str, Any]] = json.loads(BOOKS.read_text())
    return books


def save(books: list[dict[str, Any]]) -> None:
    """Keep them."""
    g.queries += 1
    draft = BOOKS.with_suffix(".draft")
    draft.write_text(json.dumps(books))
    draft.replace(BOOKS)


def shown(book: dict[str, Any]) -> dict[str, Any]:
    """A book as it is answered: what is null is left out, which the old side does not do."""
    return {key: value for key, value in book.items() if value is not None}


@app.get("/v1/books")
def books_of() -> Any:
    """All books, or those of an author."""
    author = request.args.get("author")
    books = [shown(book) for book in load() if author is None or book["author"] == author]
    return {"data": books, "total": len(books)}


@app.get("/v1/books/<int:number>")
def book_by(number: int) -> Any:
    """One book."""
    book = next((one for one in load() if one["id"] == number), None)
    return ({"error": "no such book"}, 404) if book is None else {"data": shown(book)}


@app.post("/v1/books")
def make() -> Any:
    """A new book."""
    given = request.get_json(silent=True) or {}
    if not given.get("title") or not given.get("author"):
        return {"error": "title and author are required"}, 400
    books = load()
    number = 1 + max((book["id"] for book in books), default=0)
    book = {
        "id": number,
        "title": given["title"],
        "author": given["author"],
        "subtitle": given.get("subtitle"),
    }
    save([*books, book])
    return {"data": shown(book)}, 201


@app.put("/v1/books/<int:number>")
def change(number: int) -> Any:
    """Another title."""
    books = load()
    book = next((one for one in books if one["id"] == number), None)
    if book is None:
        return {"error": "no such book"}, 404
    book["title"] = (request.get_json(silent=True) or {}).get("title", book["title"])
    save(books)
    return {"data": shown(book)}


@app.post("/v1/login")
def login() -> Any:
    """A token, another one each time."""
    return {"token": f"t-{time.time_ns()}"}


if __name__ == "__main__":
    WSGIRequestHandler.protocol_version = "HTTP/1.1"  # Flask's own server keeps no connection open by itself
    server = make_server("127.0.0.1", int(sys.argv[1] if len(sys.argv) > 1 else 9002), app, threaded=True)
    print(f"modern serves http://127.0.0.1:{server.port}", flush=True)  # noqa: T201  what a server says when it serves
    server.serve_forever()
