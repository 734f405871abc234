"""The permission rules as tables: complete, and closed by default."""

from uuid import UUID

import pytest
from sqlalchemy import MetaData, Table

from domains.escrows.models import ESCROW
from domains.shared.columns import flags, uuids
from domains.shared.errors import ForbiddenError, InvalidScopeError, NotFoundError
from domains.shared.models import Resource
from domains.shared.permissions import (
    REACH,
    Access,
    Principal,
    Reach,
    Role,
    Scope,
    caller_values,
    granted,
    in_scope,
    refusal,
)

ME = UUID("c0ffee00-0000-4000-8000-000000000003")


def principal(role: Role | None) -> Principal:
    return Principal(ME, "me@example.test", role)


def test_the_table_says_for_every_role_what_it_sees_at_every_scope() -> None:
    assert set(REACH) == {None, *Role}
    assert all(set(row) == {None, *Scope} for row in REACH.values())


def test_only_a_system_admin_sees_everything() -> None:
    wide = {role for role, row in REACH.items() if Reach.EVERY in row.values()}

    assert wide == {Role.SYSTEM_ADMIN}


@pytest.mark.parametrize("role", [None, *Role])
def test_everybody_with_a_known_role_sees_their_own_rows(role: Role | None) -> None:
    assert REACH[role][Scope.USER] is (Reach.OWN if role else Reach.NO_ROLE)


@pytest.mark.parametrize(
    ("role", "scope", "message"),
    [
        (Role.AGENT, Scope.TEAM, "User is not associated with a team"),
        (
            Role.AGENT,
            Scope.ALL,
            'Only brokers and system_admin can access "all" scope. Agents need broker_admin permission.',
        ),
        (Role.TEAM_OWNER, Scope.BROKERAGE, 'Only brokers and system_admin can access "brokerage" scope'),
        (Role.BROKER, Scope.BROKERAGE, "User is not associated with a broker"),
        (Role.BROKER, Scope.ALL, 'Only system_admin can access "all" scope'),
        (None, None, "Invalid user role"),
    ],
)
def test_a_scope_that_is_closed_to_a_role_says_so(
    role: Role | None, scope: Scope | None, message: str
) -> None:
    with pytest.raises(ForbiddenError) as caught:
        in_scope(ESCROW, principal(role), scope)

    assert caught.value.message == message


@pytest.mark.parametrize(
    ("role", "scope", "condition"),
    [
        (Role.SYSTEM_ADMIN, None, "true"),
        (Role.SYSTEM_ADMIN, Scope.TEAM, "true"),
        (Role.AGENT, None, "false"),
        (Role.TEAM_OWNER, None, "false"),
        (Role.BROKER, Scope.TEAM, "false"),
        (Role.BROKER, None, "escrows.owner_id = :owner_id_1"),
        (Role.AGENT, Scope.USER, "escrows.owner_id = :owner_id_1"),
    ],
)
def test_a_scope_is_a_condition_on_rows(role: Role, scope: Scope | None, condition: str) -> None:
    assert str(in_scope(ESCROW, principal(role), scope)) == condition


@pytest.mark.parametrize("access", list(Access))
def test_a_row_is_granted_to_its_owner_or_by_sharing_that_very_access(access: Access) -> None:
    column = {Access.VIEW: "can_view", Access.EDIT: "can_edit", Access.DELETE: "can_delete"}[access]

    condition = str(granted(ESCROW, access))

    assert condition.startswith(":caller_may_everything OR escrows.owner_id = :caller OR (EXISTS (")
    assert f"data_access_control.{column}" in condition


@pytest.mark.parametrize("role", [None, *Role])
def test_only_a_system_admin_may_everything(role: Role | None) -> None:
    assert caller_values(principal(role)) == {
        "caller": ME,
        "caller_may_everything": role is Role.SYSTEM_ADMIN,
    }


def test_only_a_system_admin_is_told_that_there_is_none() -> None:
    told = refusal(ESCROW, principal(Role.SYSTEM_ADMIN), Access.EDIT, "Escrow not found")
    refused = refusal(ESCROW, principal(Role.BROKER), Access.EDIT, "Escrow not found")

    assert isinstance(told, NotFoundError)
    assert isinstance(refused, ForbiddenError)


def test_a_role_that_is_not_known_is_none() -> None:
    assert [Role.of(text) for text in ("agent", "system_admin", "root", "", None)] == [
        Role.AGENT,
        Role.SYSTEM_ADMIN,
        None,
        None,
        None,
    ]


def test_an_unknown_scope_is_invalid_and_none_is_the_default() -> None:
    with pytest.raises(InvalidScopeError) as caught:
        Scope.of("galaxy")
    with pytest.raises(InvalidScopeError):
        Scope.of("")

    assert caught.value.message == "Invalid scope. Must be one of: user, team, brokerage, all"
    assert (Scope.of(None), Scope.of("team")) == (None, Scope.TEAM)


PERSONAL = Resource(
    "note", Table("notes", MetaData(), *uuids("id", "user_id")), owner="user_id", personal=True
)
KEPT = Resource(
    "plan", Table("plans", MetaData(), *uuids("id", "owner_id"), *flags("is_private")), keeps_private=True
)


@pytest.mark.parametrize("access", Access)
def test_what_is_personal_is_granted_to_its_owner_alone(access: Access) -> None:
    assert str(granted(PERSONAL, access)) == "notes.user_id = :caller"


@pytest.mark.parametrize("role", [None, *Role])
def test_what_is_personal_is_nothing_to_everybody_else(role: Role | None) -> None:
    assert isinstance(refusal(PERSONAL, principal(role), Access.VIEW, "Note not found"), NotFoundError)
    assert str(in_scope(PERSONAL, principal(role), Scope.USER)) == "notes.user_id = :user_id_1"


def test_a_private_row_that_was_shared_is_not_shown() -> None:
    conditions = {access: "plans.is_private IS NOT true" in str(granted(KEPT, access)) for access in Access}

    assert conditions == {Access.VIEW: True, Access.EDIT: False, Access.DELETE: False}
