"""The scorecard as one HTML file that needs nothing else, in the style of the parity report; without a script."""

import base64
import hashlib

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from loadtests.scorecard.card import Scorecard
from parity.load_results import MET, MISSED
from parity.report_words import moment

_TONES = {MET: "good", MISSED: "bad"}


def scorecard_html(card: Scorecard) -> str:
    """The page."""
    templates = Environment(
        loader=PackageLoader("loadtests.scorecard"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    style = PackageLoader("parity").get_source(templates, "report.css")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return templates.get_template("scorecard.html.j2").render(
        style=Markup(style),  # noqa: S704  our own, no value in it
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        card=card,
        mood="differs" if card.of(MISSED) else "agrees" if len(card.of(MET)) == len(card.rows) else "",
        at=moment(card.generated_at),
        tones=_TONES,
    )
