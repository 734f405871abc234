"""What an endpoint answers, as data: for the OpenAPI document, to which the tests hold every answer.

Each room has a table of them by the names of its controller's methods; `crud` makes that of the endpoints which
every room has from what its controller and its service declare.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domains.shared.batches import Needs
from domains.shared.controllers import CrudController
from domains.shared.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    InvalidScopeError,
    NotArchivedError,
    NotFoundError,
    NoUpdatesError,
    VersionConflictError,
)
from domains.shared.pagination import Page
from domains.shared.refusals import Refusals, refusals
from domains.shared.services import CrudService
from domains.shared.shapes import (
    DECIMAL,
    FLAG,
    INTEGER,
    Part,
    Shape,
    each,
    keyed,
    nothing_or,
    of_column,
    row,
    whole,
)
from domains.shared.wire import Schema


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """One endpoint's success, and what it refuses beside what every endpoint does."""

    data: Part | None = None
    """What `data` holds; None where there is no such key."""
    may_lack_data: bool = False
    beside: Mapping[str, Part] = field(default_factory=dict)
    """What stands beside it."""
    status: int = 200
    has_message: bool = False
    is_timestamped: bool = False
    is_file: bool = False
    """Whether it is a CSV file."""
    reads_cookie: bool = False
    sets_cookie: bool = False
    """Whether the refresh token comes and goes in a cookie."""
    refuses: Refusals = frozenset()


Answers = Mapping[str, Answer]
"""Name of a controller's method → what it answers."""


def crud(
    controller: type[CrudController],
    service: type[CrudService],
    *,
    one: Part | None = None,
    listed: Part | None = None,
    written: Part | None = None,
) -> dict[str, Answer]:
    """The endpoints of every room; a read's, a list's and a change's row is that of the service unless given."""
    resource, stamped = service.resource, controller.timestamped
    name = _shape_name(service)
    found: Part = one or Shape(name, row(service.whole))
    same = [str(column.key) for column in service.whole] == [str(column.key) for column in resource.table.c]
    changed = written or (found if same and one is None else Shape(f"{name}Row", row(resource.table.c)))
    data = {controller.collection: each(listed or found), "pagination": pages(controller)}
    ids = each(of_column(resource.table.c.id))
    counts = {"deletedCount": INTEGER, "deletedIds": ids}
    plain = Answer(changed, is_timestamped=stamped)
    told = replace(plain, has_message=True)
    closed = refusals() if resource.personal else refusals(ForbiddenError)
    absent = closed | refusals(NotFoundError)
    asked = refusals(InvalidInputError, InvalidScopeError, ForbiddenError)
    fit = refusals(NotFoundError) if service.batch.needs is Needs.ALL else refusals(NotArchivedError)
    return {
        "list_page": Answer(whole(data), is_timestamped=stamped, refuses=asked),
        "get": Answer(found, is_timestamped=stamped, refuses=absent),
        "create": replace(told, status=201, refuses=refusals(InvalidInputError)),
        "update": replace(
            plain, refuses=absent | refusals(InvalidInputError, NoUpdatesError, VersionConflictError)
        ),
        "archive": replace(told, refuses=absent),
        "restore": replace(told, refuses=absent),
        "delete": replace(told, data=None, refuses=absent | refusals(NotArchivedError, ConflictError)),
        "delete_many": Answer(
            beside=counts,
            has_message=True,
            is_timestamped=controller.timestamped_batch,
            refuses=closed | fit | refusals(InvalidInputError),
        ),
        "count": Answer(statistics(service), is_timestamped=stamped, refuses=asked),
        "export": Answer(is_file=True, refuses=asked),
    }


def pages(controller: type[CrudController]) -> Schema:
    """The pagination as the controller spells it."""
    plain, without_limit = (
        controller.pagination(None, Page((), 0, 1, limit))  # type: ignore[arg-type]  # it looks at the page alone
        for limit in (1, 0)
    )
    kinds = {name: FLAG if isinstance(value, bool) else INTEGER for name, value in plain.items()}
    return whole(
        {name: nothing_or(kind) if without_limit[name] is None else kind for name, kind in kinds.items()}
    )


def statistics(service: type[CrudService]) -> Shape:
    """What `/stats` tells."""
    wanted = service.statistics
    parts: dict[str, Part] = {"total": INTEGER, "archived": INTEGER, wanted.key: keyed(INTEGER)}
    if wanted.sums:
        parts["totals"] = whole(dict.fromkeys(wanted.sums, DECIMAL))
    return Shape(f"{_shape_name(service)}Statistics", whole(parts))


def _shape_name(service: type[CrudService]) -> str:
    """`SiteVisit` for rows called `site visit`."""
    return service.resource.name.title().replace(" ", "")
