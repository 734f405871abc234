"""The text of a `crossfade.toml` that `crossfade init` writes."""

import tomllib
from collections.abc import Sequence

from pydantic import ValidationError

from cli.endpoint_toml import rows_toml
from cli.proposals import Proposal
from cli.settings import Settings, faults, wrong
from parity.suggest_toml import toml_comment, toml_text

_HEAD = """\
# Crossfade: two backends side by side. Written by `crossfade init`; yours to change from here on.
# Every key: docs/configuration.md, or `crossfade config show --effective`. Check it: `crossfade check`.
"""
_NO_ENDPOINTS = """\
# No endpoint is listed yet: everything goes to legacy, and no copy of anything is sent. When some traffic went
# through the proxy, `crossfade endpoints learn` proposes rows; they take the place of this line.
endpoints = []
"""
_SECTIONS = """\
[proxy]
listen = "127.0.0.1:8080"  # where clients connect, instead of to legacy
# workers = 2              # a core each is enough

[parity]
# rules = ["parity.toml"]  # how answers are compared; without a rule exactly (docs/rules.md)
rules = []
"""
_ABOUT_ENDPOINTS = (
    "The endpoints. What is not listed goes to legacy at every stage, and no copy of it is sent. A domain is what is "
    "flipped together. mirrorable = false: no copy is ever sent (signing in, refreshing, signing out; a GET that "
    'changes something). read_back: which read shows what a write wrote, "none" where no read does (docs/adopting.md).'
)


def config_toml(legacy: str, modern: str, proposals: Sequence[Proposal], sources: Sequence[str]) -> str:
    """The whole file; `sources` are where the endpoints are from."""
    backends = f"[backends]\nlegacy = {toml_text(legacy)}\nmodern = {toml_text(modern)}\n"
    if not proposals:
        return f"{_HEAD}\n{_NO_ENDPOINTS}\n{backends}\n{_SECTIONS}"
    about = "\n".join([toml_comment(_ABOUT_ENDPOINTS), toml_comment(f"From {', '.join(sources)}.")])
    return "\n".join([_HEAD, backends, _SECTIONS, f"{about}\n", rows_toml(proposals)])


def checked(text: str) -> str:
    """The text itself. Raises UsageError with every field that would be wrong in it, and nothing is written then."""
    try:
        Settings.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise wrong(faults(error), "as it would be written") from error
    return text
