"""Words from outside in Markdown: they can neither end their place nor mention anybody."""

import re

# a full stop or a colon is plain where nothing follows that it could begin
_MARKUP = re.compile(r"(?!(?<=\d)\.(?=\d)|[.:](?:\s|\Z))(?:[^\w /{},;()%='+·-]|_)")


def code(text: str) -> str:
    """Captured text, in a table too."""
    return f"<code>{_entities(text)}</code>"


def plain(text: str) -> str:
    """A sentence of ours with words from outside in it; what would mention somebody is parted."""
    return _entities(text).replace("&#64;", "&#64;&#8203;")


def _entities(text: str) -> str:
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", " ".join(text.split()))
