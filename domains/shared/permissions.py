"""Who may do what: the only place where rows are granted, and whoever is not granted a row does not get it.

A row belongs to its owner; `data_access_control` shares it with others; a system_admin may do everything.
The recorded API never knows the team or the broker of a caller (Q-20, kept), so neither opens a row.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, assert_never
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Boolean, ColumnElement, String, Uuid, and_, bindparam, cast, exists, false, or_, true

from domains.shared.errors import ApiError, ForbiddenError, InvalidScopeError, NotFoundError
from domains.shared.models import Resource, data_access_control, leads


class Role(StrEnum):
    """What a user is."""

    SYSTEM_ADMIN = "system_admin"
    BROKER = "broker"
    TEAM_OWNER = "team_owner"
    AGENT = "agent"

    @classmethod
    def of(cls, text: str | None) -> "Role | None":
        """The role of that name; None is a role that is not known here, and opens nothing."""
        return next((role for role in cls if role == text), None)


@dataclass(frozen=True, slots=True)
class Principal:
    """The authenticated caller; `by_key` if an API key was shown, `key_team_id` is its team, if it has one."""

    user_id: UUID
    email: str
    role: Role | None
    key_team_id: UUID | None = None
    by_key: bool = False

    @property
    def is_system_admin(self) -> bool:
        """Whether nothing is forbidden to them."""
        return self.role is Role.SYSTEM_ADMIN


ANONYMOUS = Principal(UUID(int=0), "", None)
"""Whoever calls an endpoint that is open to everybody: nobody's row is theirs."""


class Access(StrEnum):
    """What somebody wants to do with one row, as the API's sentences say it."""

    VIEW = "access"
    EDIT = "modify"
    DELETE = "delete"


class Audience(StrEnum):
    """Whom an endpoint is for; which rows they then get is said by `granted` and `in_scope`."""

    EVERYBODY = "everybody"
    """Also those who do not say who they are."""
    CALLERS = "callers"
    """Every known caller: it shows what is nobody's."""
    SELF = "self"
    """Every known caller: it shows and changes what is their own account's."""
    GRANTED = "granted"
    """Every known caller: it shows and changes the rows that they were granted."""
    ADMINS = "admins"
    """A system_admin."""


def require_audience(audience: Audience | None, principal: Principal) -> None:
    """Raise ForbiddenError for whom an endpoint is not for; one that does not say for whom it is is for nobody."""
    match audience:
        case Audience.EVERYBODY | Audience.CALLERS | Audience.SELF | Audience.GRANTED:
            return
        case Audience.ADMINS if principal.is_system_admin:
            return
        case Audience.ADMINS | None:
            raise ForbiddenError(f"This action requires one of the following roles: {Role.SYSTEM_ADMIN}")
        case _:
            assert_never(audience)


_CALLER = bindparam("caller", type_=Uuid)
EVERYTHING = bindparam("caller_may_everything", type_=Boolean)
"""Stands for whether the caller is a system_admin; it comes with `caller_values`."""
_GRANTS = {
    Access.VIEW: data_access_control.c.can_view,
    Access.EDIT: data_access_control.c.can_edit,
    Access.DELETE: data_access_control.c.can_delete,
}


@cache
def granted(resource: Resource, access: Access) -> ColumnElement[bool]:
    """The rows of the resource with which a caller may do that; who that is comes with `caller_values`."""
    row = resource.table.c
    own = row[resource.owner] == _CALLER
    if resource.personal:
        return own
    shared = data_access_control.c
    is_shared: ColumnElement[bool] = exists().where(
        shared.resource_type == resource.name,
        cast(shared.resource_id, String) == cast(row.id, String),
        shared.user_id == _CALLER,
        _GRANTS[access],
    )
    if resource.keeps_private and access is Access.VIEW:
        is_shared = and_(row.is_private.is_not(True), is_shared)
    if resource.follows_lead and access is Access.VIEW:
        lead = exists().where(
            leads.c.id == row.lead_id, leads.c.is_private, leads.c.owner_id.is_distinct_from(_CALLER)
        )
        is_shared = and_(~lead, is_shared)
    return or_(EVERYTHING, own, is_shared)


def caller_values(principal: Principal) -> dict[str, Any]:
    """The parameters of `granted` for this caller."""
    return {"caller": principal.user_id, "caller_may_everything": principal.is_system_admin}


def refusal(resource: Resource, principal: Principal, access: Access, missing: str) -> ApiError:
    """The answer when no granted row was found: whether there is one is told to a system_admin alone."""
    if principal.is_system_admin or resource.personal:
        return NotFoundError(missing)
    return ForbiddenError(f"You do not have permission to {access} this {resource.name}")


class Scope(StrEnum):
    """Whose rows a list is asked for."""

    USER = "user"
    TEAM = "team"
    BROKERAGE = "brokerage"
    ALL = "all"

    @classmethod
    def of(cls, text: str | None) -> "Scope | None":
        """The scope that was asked for; raises InvalidScopeError."""
        if text is None:
            return None
        try:
            return cls(text)
        except ValueError:
            raise InvalidScopeError(f"Invalid scope. Must be one of: {', '.join(cls)}") from None


class ScopeQuery(BaseModel):
    """The part of a query that `Scope.of` reads."""

    scope: Scope | None = None


class Reach(StrEnum):
    """Which rows a role sees at a scope; the sentences are those of a refusal."""

    EVERY = "every"
    OWN = "own"
    NONE = "none"
    NO_TEAM = "User is not associated with a team"
    NO_BROKER = "User is not associated with a broker"
    ADMINS_ONLY = 'Only system_admin can access "{}" scope'
    BROKERS_ONLY = 'Only brokers and system_admin can access "{}" scope'
    PERMISSION_ONLY = (
        'Only brokers and system_admin can access "{}" scope. Agents need broker_admin permission.'
    )
    NO_ROLE = "Invalid user role"


REACH: dict[Role | None, dict[Scope | None, Reach]] = {
    Role.SYSTEM_ADMIN: {
        None: Reach.EVERY,
        Scope.USER: Reach.OWN,
        Scope.TEAM: Reach.EVERY,
        Scope.BROKERAGE: Reach.EVERY,
        Scope.ALL: Reach.EVERY,
    },
    Role.BROKER: {
        None: Reach.OWN,  # the default list is that of `scope=user`
        Scope.USER: Reach.OWN,
        Scope.TEAM: Reach.NONE,
        Scope.BROKERAGE: Reach.NO_BROKER,
        Scope.ALL: Reach.ADMINS_ONLY,
    },
    Role.TEAM_OWNER: {
        None: Reach.NONE,  # the list of a team that the API does not know is empty
        Scope.USER: Reach.OWN,
        Scope.TEAM: Reach.NO_TEAM,
        Scope.BROKERAGE: Reach.BROKERS_ONLY,
        Scope.ALL: Reach.BROKERS_ONLY,
    },
    Role.AGENT: {
        None: Reach.NONE,
        Scope.USER: Reach.OWN,
        Scope.TEAM: Reach.NO_TEAM,
        Scope.BROKERAGE: Reach.PERMISSION_ONLY,
        Scope.ALL: Reach.PERMISSION_ONLY,
    },
    None: dict.fromkeys((None, *Scope), Reach.NO_ROLE),
}
"""What every role sees at every scope; a scope of None is a list without one."""


def in_scope(resource: Resource, principal: Principal, scope: Scope | None) -> ColumnElement[bool]:
    """The rows that a list shows; raises ForbiddenError where the scope is closed to the caller."""
    reach = Reach.OWN if resource.personal else REACH[principal.role][scope]
    match reach:
        case Reach.EVERY:
            return true()
        case Reach.OWN:
            own: ColumnElement[bool] = resource.table.c[resource.owner] == principal.user_id
            return own
        case Reach.NONE:
            return false()
        case _:
            raise ForbiddenError(reach.value.format(scope))
