"""Every endpoint of listings, one line each."""

from functools import partial

from domains.listings.answers import ANSWERS
from domains.listings.controllers import ListingController, build
from domains.listings.services import ListingService
from domains.listings.validators import (
    CreateListing,
    ListQuery,
    PriceReduction,
    Showing,
    UpdateChecks,
    UpdateListing,
)
from domains.shared.batches import Ids
from domains.shared.permissions import Audience, ScopeQuery
from domains.shared.routes import Route

_route = partial(
    Route,
    "listings",
    build=build,
    answers=ANSWERS,
    service=ListingService,
    audience=Audience.GRANTED,
    reads=("users",),
)
_LIST = (ListQuery, ScopeQuery)

ROUTES = (
    _route("GET", "/v1/listings", ListingController.list_page, query=_LIST),
    _route("POST", "/v1/listings", ListingController.create, body=CreateListing),
    _route("GET", "/v1/listings/stats", ListingController.count, query=ScopeQuery),
    _route("GET", "/v1/listings/export", ListingController.export, query=_LIST),
    _route(
        "GET",
        "/v1/listings/health/db",
        ListingController.check_health,
        audience=Audience.CALLERS,
        cached=False,
    ),
    _route("POST", "/v1/listings/batch-delete", ListingController.delete_many, body=Ids),
    _route("GET", "/v1/listings/{id}", ListingController.get),
    _route("PUT", "/v1/listings/{id}", ListingController.update, body=(UpdateListing, UpdateChecks)),
    _route("DELETE", "/v1/listings/{id}", ListingController.delete),
    _route("PUT", "/v1/listings/{id}/archive", ListingController.archive),
    _route("POST", "/v1/listings/{id}/price-reduction", ListingController.reduce_price, body=PriceReduction),
    _route("POST", "/v1/listings/{id}/showings", ListingController.log_showing, body=Showing),
)
"""The endpoints of this room."""
