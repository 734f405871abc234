"""Charts as SVG that stands in a page: places are per cent, so that a chart fits its column and text keeps its size.

No attribute of style: the page's policy allows its style sheet only, and that colours by class.
"""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from loadtests.reports.axes import Axis

LEFT, RIGHT, TOP, BOTTOM = 12.0, 98.0, 4.0, 84.0
"""Where the plot stands in the chart, in per cent; outside of it are the numbers of the axes."""
_GRAIN = 1_000
Point = tuple[float, float]


def chart(name: str, title: str, description: str, parts: Iterable[Markup]) -> Markup:
    """A chart with its name for those who do not see it; `name` is unique on the page."""
    return Markup(
        '<svg class="chart" role="img" aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{title}</title>'
        '<desc id="{name}-desc">{description}</desc>{parts}</svg>'
    ).format(name=name, title=title, description=description, parts=Markup().join(parts))


def frame(x: Axis, y: Axis, x_name: str, y_name: str) -> list[Markup]:
    """Lines and numbers of both axes, and what these are of where it is named."""
    parts = []
    for value, text in y.ticks:
        height = _y(y.at(value))
        parts += [
            line((LEFT, height), (RIGHT, height), "grid"),
            label((LEFT - 1.5, height), text, "end middle"),
        ]
    for value, text in x.ticks:
        across = _x(x.at(value))
        parts += [line((across, BOTTOM), (across, BOTTOM + 2), "tick"), below(x.at(value), text)]
    parts.append(line((LEFT, BOTTOM), (RIGHT, BOTTOM), "axis"))
    if x_name:
        parts.append(label((RIGHT, 99), x_name, "end name"))
    if y_name:
        parts.append(label((LEFT + 1, TOP + 4), y_name, "name"))
    return parts


def curve(points: Sequence[Point], kind: str) -> Markup:
    """A line through points of the plot, each 0 to 1 from its lower left."""
    return (
        _within(f"M{' L'.join(_grains(point) for point in points)}", f"curve {kind}") if points else Markup()
    )


def area(heights: Sequence[float], kind: str) -> Markup:
    """Bars beside each other from the left to the right of the plot, as one shape; heights are 0 to 1."""
    width = 1 / max(len(heights), 1)
    corners = [
        corner
        for n, height in enumerate(heights)
        for corner in ((n * width, height), ((n + 1) * width, height))
    ]
    shape = " L".join(_grains(point) for point in [(0.0, 0.0), *corners, (1.0, 0.0)])
    return _within(f"M{shape} Z", f"area {kind}")


def dots(points: Iterable[Point], kind: str) -> Markup:
    """A circle at each of the points of the plot."""
    made = [
        Markup('<circle class="dot {}" cx="{}%" cy="{}%" r="3"/>').format(kind, _short(_x(x)), _short(_y(y)))
        for x, y in points
    ]
    return Markup().join(made)


def upright(x: float, kind: str) -> Markup:
    """A line from the bottom to the top of the plot."""
    return line((_x(x), TOP), (_x(x), BOTTOM), kind)


def band(begin: float, end: float, kind: str) -> Markup:
    """The plot between two places along its bottom."""
    return Markup('<rect class="{}" x="{}%" y="{}%" width="{}%" height="{}%"/>').format(
        kind, _short(_x(begin)), TOP, _short(_x(end) - _x(begin)), BOTTOM - TOP
    )


def below(x: float, text: str) -> Markup:
    """Words where the numbers of the axis stand."""
    return label((_x(x), BOTTOM + 8), text, "centre")


def line(begin: Point, end: Point, kind: str) -> Markup:
    """A straight line between two places of the chart, in per cent."""
    places = [_short(value) for value in (*begin, *end)]
    return Markup('<line class="{}" x1="{}%" y1="{}%" x2="{}%" y2="{}%"/>').format(kind, *places)


def label(at: Point, text: str, kind: str) -> Markup:
    """Words at a place of the chart, in per cent."""
    return Markup('<text class="{}" x="{}%" y="{}%">{}</text>').format(
        kind, _short(at[0]), _short(at[1]), text
    )


def _within(shape: str, kind: str) -> Markup:
    """A path in the plot, stretched over it while its line keeps its width."""
    return Markup(
        '<svg x="{}%" y="{}%" width="{}%" height="{}%" viewBox="0 0 {} {}" preserveAspectRatio="none">'
        '<path class="{}" d="{}"/></svg>'
    ).format(LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP, _GRAIN, _GRAIN, kind, shape)


def _grains(point: Point) -> str:
    return f"{_GRAIN * point[0]:.0f} {_GRAIN * (1 - point[1]):.0f}"


def _x(share: float) -> float:
    return LEFT + share * (RIGHT - LEFT)


def _y(share: float) -> float:
    return BOTTOM - share * (BOTTOM - TOP)


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
