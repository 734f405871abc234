"""The rules of what hangs on an account: profile, settings, team, API keys, and the admin's list of all users.

A user's own team and broker are never known (Q-20), so of teams only admins see much.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Executable,
    RowMapping,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from domains.shared.changes import setting
from domains.shared.errors import (
    ForbiddenError,
    MissingError,
    NotFoundError,
    NoUpdatesError,
    UnusableInputError,
)
from domains.shared.models import api_keys, users
from domains.shared.permissions import Principal, Role
from domains.shared.requests import Origin
from domains.shared.uuids import uuid_of
from domains.shared.validation import validated
from domains.users.keys import CREATED, DELETED, REVOKED, told_by
from domains.users.models import (
    profile_statistics,
    profile_testimonials,
    sales,
    teams,
    user_permissions,
    user_profiles,
    user_settings,
)
from domains.users.services import AccountService
from domains.users.utils import updating_profile
from domains.users.validators import (
    PERMISSIONS,
    TeamQuery,
    new_key_of,
    permissions_of,
    profile_changes,
    profile_settings_changes,
    settings_changes,
)

_KEY_BYTES = 32
_CALLER: BindParameter[Any] = bindparam("caller")
OWN = (
    *("id", "username", "email", "first_name", "last_name", "role", "team_id", "created_at", "updated_at"),
    "is_active",
)
_OWN_PROFILE = select(*(users.c[name] for name in OWN)).where(users.c.id == _CALLER)
_ABOVE_PERMISSIONS = frozenset({Role.BROKER, Role.SYSTEM_ADMIN})
TESTIMONIAL = ("client_name", "client_type", "testimonial_text", "rating", "transaction_date")
"""What a public profile shows of a testimonial."""
_TESTIMONIALS_SHOWN, _SALES_SHOWN = 10, 5
_PUBLIC = (
    select(
        users.c.username,
        users.c.email,
        *(column for column in user_profiles.c if column.name not in {"created_at", "updated_at"}),
        *(column for column in profile_statistics.c if column.name != "user_id"),
        profile_testimonials.c.id.label("testimonial_id"),
        *(profile_testimonials.c[name] for name in TESTIMONIAL),
        users.c.team_id,
    )
    .select_from(
        users.outerjoin(user_profiles, user_profiles.c.user_id == users.c.id)
        .outerjoin(profile_statistics, profile_statistics.c.user_id == users.c.id)
        .outerjoin(
            profile_testimonials,
            (profile_testimonials.c.user_id == users.c.id) & profile_testimonials.c.is_visible.is_(True),
        )
    )
    .where(func.lower(users.c.username) == bindparam("username"), users.c.is_active.is_(True))
    .order_by(profile_testimonials.c.is_featured.desc(), profile_testimonials.c.created_at.desc())
    .limit(_TESTIMONIALS_SHOWN)
)
SALES = (
    select(*(sales.c[name] for name in ("property_address", "city", "closing_date", "transaction_type")))
    .where(sales.c.team_id == bindparam("team"), sales.c.escrow_status == "closed")
    .order_by(sales.c.closing_date.desc())
    .limit(_SALES_SHOWN)
)
SETTINGS = (
    select(
        user_settings,
        *(users.c[name] for name in ("email", "username", "first_name", "last_name")),
        user_profiles.c.slug,
        user_profiles.c.display_name,
    )
    .select_from(
        user_settings.join(users, users.c.id == user_settings.c.user_id).outerjoin(
            user_profiles, user_profiles.c.user_id == user_settings.c.user_id
        )
    )
    .where(user_settings.c.user_id == _CALLER)
)
_THEME = select(user_settings.c.theme).where(user_settings.c.user_id == _CALLER)
TEAMS = select(*(teams.c[name] for name in ("team_id", "name", "subdomain", "created_at"))).order_by(
    teams.c.name
)
TEAM = select(
    *(teams.c[name] for name in ("team_id", "name", "subdomain", "settings", "created_at", "updated_at")),
    teams.c.primary_broker_id,
    select(func.count())
    .select_from(users)
    .where(users.c.team_id == teams.c.team_id, users.c.is_active)
    .scalar_subquery()
    .label("member_count"),
).where(teams.c.team_id == bindparam("team"))
MEMBERS = (
    select(
        *(users.c[name] for name in ("id", "email", "username", "first_name", "last_name", "role")),
        users.c.is_active,
        users.c.created_at,
        *(
            func.coalesce(user_permissions.c[name], default).label(name)
            for name, default in PERMISSIONS.items()
        ),
    )
    .select_from(
        users.outerjoin(
            user_permissions,
            (user_permissions.c.user_id == users.c.id) & (user_permissions.c.team_id == users.c.team_id),
        )
    )
    .where(users.c.team_id == bindparam("team"), users.c.is_active)
    .order_by(users.c.role.desc(), users.c.last_name, users.c.first_name)
)
_MEMBER = select(users.c.role).where(users.c.id == bindparam("member"), users.c.team_id == bindparam("team"))
KEYS = (
    select(
        *(api_keys.c[name] for name in ("id", "name", "key_prefix", "scopes", "last_used_at", "expires_at")),
        api_keys.c.is_active,
        api_keys.c.created_at,
    )
    .where(api_keys.c.user_id == _CALLER)
    .order_by(api_keys.c.created_at.desc())
)
EVERYBODY = select(
    *(users.c[name] for name in ("id", "username", "email", "first_name", "last_name", "role", "is_active")),
    *(users.c[name] for name in ("last_login", "created_at")),
).order_by(users.c.created_at.desc())


@dataclass(frozen=True, slots=True)
class Sentences:
    """What is told to those who are not let at a team."""

    others: str
    owner: str
    broker: str


VIEWING = Sentences(
    "Only team owners and brokers can view team members",
    "You can only view members of your own team",
    "You can only view teams in your brokerage",
)
CHANGING = Sentences(
    "Only team owners and brokers can modify permissions",
    "You can only modify permissions in your own team",
    "You can only modify teams in your brokerage",
)


class UserServices(AccountService):
    """Accounts and what hangs on them."""

    async def own_profile(self, principal: Principal) -> RowMapping:
        """The caller's user row, without what signing in needs."""
        return _profile(await self._of_caller(_OWN_PROFILE, principal))

    async def update_own_profile(self, principal: Principal, body: Mapping[str, Any]) -> RowMapping:
        """User, profile and settings in one, after an update; the password's hash is not in it (Q-04)."""
        profile, settings = profile_changes(body), profile_settings_changes(body)
        values = {f"profile_{name}": value for name, value in profile.items()}
        values |= {f"settings_{name}": value for name, value in settings.items()}
        statement = updating_profile(tuple(profile), tuple(settings))
        return _profile(await self._database.run(statement, values | {"caller": principal.user_id}))

    async def public_profile(
        self, username: str
    ) -> tuple[RowMapping, Sequence[RowMapping], Sequence[RowMapping]]:
        """What everybody may see of an active user, the testimonials, and what the team has sold last."""
        rows = await self._database.run(_PUBLIC, {"username": username.lower()})
        profile = _profile(rows)
        testimonials = [row for row in rows if row["testimonial_id"] is not None]
        return profile, testimonials, await self._database.run(SALES, {"team": profile["team_id"]})

    async def settings(self, principal: Principal) -> RowMapping:
        """The caller's settings; who has none gets them, as recorded."""
        if not (found := await self._of_caller(SETTINGS, principal)):
            usual = upsert(user_settings).values(user_id=principal.user_id)
            await self._database.run(usual.on_conflict_do_nothing())
            found = await self._of_caller(SETTINGS, principal)
        return found[0]

    async def update_settings(self, principal: Principal, body: Mapping[str, Any]) -> RowMapping | None:
        """The caller's settings after an update; None where there are none, and nothing is stored, as recorded."""
        if not (changes := settings_changes(body)):
            raise NoUpdatesError("No updates provided")
        told = tuple(user_settings.c)
        changed, values = setting(user_settings, {**changes, "updated_at": _NOW}, _OF_CALLER, returning=told)
        rows = await self._database.run(changed, values | {"caller": principal.user_id})
        return rows[0] if rows else None

    async def theme(self, principal: Principal) -> str:
        """The caller's theme."""
        found = await self._of_caller(_THEME, principal)
        return (found[0]["theme"] if found else None) or "light"

    async def teams(self, principal: Principal, query: Mapping[str, str]) -> Sequence[RowMapping]:
        """All teams, or those of one broker."""
        match principal.role:
            case Role.SYSTEM_ADMIN:
                pass
            case Role.BROKER:
                raise UnusableInputError("MISSING_BROKER_ID", "Broker ID is required")
            case _:
                raise UnusableInputError("MISSING_TEAM_ID", "Team ID is required")
        if not query.get("brokerId"):
            return await self._database.run(TEAMS)
        broker_id = validated(TeamQuery, {"brokerId": query["brokerId"]}).broker_id
        return await self._database.run(TEAMS.where(teams.c.primary_broker_id == broker_id))

    async def team(self, principal: Principal, key: str) -> RowMapping:
        """One team, for system_admins."""
        found = await self._database.run(TEAM, {"team": _team_id(key)})
        if not found:
            raise MissingError("TEAM_NOT_FOUND", "Team not found")
        if not principal.is_system_admin:
            raise ForbiddenError("You do not have access to this team")
        return found[0]

    async def members(self, principal: Principal, key: str) -> Sequence[RowMapping]:
        """The members of a team and what they may."""
        _require_admin(principal, VIEWING)
        return await self._database.run(MEMBERS, {"team": _team_id(key)})

    async def change_permissions(
        self, principal: Principal, key: str, member: str, body: Mapping[str, Any]
    ) -> RowMapping:
        """What a member of a team may do, after it was said anew."""
        if principal.role is Role.AGENT:
            raise ForbiddenError(CHANGING.others)
        if member == str(principal.user_id):
            raise UnusableInputError("INVALID_REQUEST", "You cannot modify your own permissions")
        _require_admin(principal, CHANGING)
        team_id, member_id = _team_id(key), uuid_of(member)
        if member_id is None:
            raise NotFoundError("User not found in this team")
        found = await self._database.run(_MEMBER, {"member": member_id, "team": team_id})
        if not found:
            raise MissingError("USER_NOT_FOUND", "User not found in this team")
        if found[0]["role"] in _ABOVE_PERMISSIONS:
            message = "Cannot modify permissions for brokers or system admins"
            raise UnusableInputError("INVALID_REQUEST", message)
        said = {**permissions_of(body), "granted_by": principal.user_id}
        values = {"user_id": member_id, "team_id": team_id, **said}
        told = {f"said_{name}": value for name, value in values.items()}
        return (await self._database.run(_PERMITTED, told))[0]

    async def keys(self, principal: Principal) -> Sequence[RowMapping]:
        """The caller's API keys, the latest first; of each one its prefix."""
        return await self._of_caller(KEYS, principal)

    async def create_key(
        self, principal: Principal, body: Mapping[str, Any], origin: Origin
    ) -> tuple[RowMapping, str]:
        """A new API key as it is stored, and the key itself, which nobody sees again."""
        new, key = new_key_of(body), secrets.token_hex(_KEY_BYTES)
        values = {
            "new_name": new.name,
            "new_key_hash": hashlib.sha256(key.encode()).hexdigest(),
            "new_key_prefix": f"{key[:8]}...{key[-4:]}",
            "days": new.expires_in_days,
            **told_by(principal, origin, {"name": body["name"]}),
        }
        return (await self._database.run(CREATED, values))[0], key

    async def revoke_key(self, principal: Principal, key: str, origin: Origin) -> None:
        """Take what it opens from one of the caller's keys, which stays in the list."""
        values = {"own_key": _key_id(key, "revoke"), **told_by(principal, origin, {"id": key})}
        if not await self._database.run(REVOKED, values):
            raise _no_key("revoke")

    async def delete_key(self, principal: Principal, key: str) -> None:
        """Delete one of the caller's keys."""
        values = {"own_key": _key_id(key, "delete"), "caller": principal.user_id}
        if not await self._database.run(DELETED, values):
            raise _no_key("delete")

    async def everybody(self) -> Sequence[RowMapping]:
        """Every user of every tenant, for system_admins."""
        return await self._database.run(EVERYBODY)

    async def _of_caller(self, statement: Any, principal: Principal) -> Sequence[RowMapping]:
        return await self._database.run(statement, {"caller": principal.user_id})


_NOW = func.now()
_OF_CALLER = user_settings.c.user_id == _CALLER


def _permitting() -> Executable:
    """What a member of a team may do; it is said of all at once."""
    names = ("user_id", "team_id", *PERMISSIONS, "granted_by")
    new = upsert(user_permissions).values(
        {name: bindparam(f"said_{name}", type_=user_permissions.c[name].type) for name in names}
    )
    said = {name: new.excluded[name] for name in (*PERMISSIONS, "granted_by")}
    return new.on_conflict_do_update(
        index_elements=["user_id", "team_id"], set_={**said, "updated_at": func.now()}
    ).returning(user_permissions)


_PERMITTED = _permitting()  # made once, which takes longer than to run it


def _key_id(key: str, verb: str) -> UUID:
    if (key_id := uuid_of(key)) is None:
        raise _no_key(verb)
    return key_id


def _no_key(verb: str) -> NotFoundError:
    return NotFoundError(f"API key not found or you do not have permission to {verb} it")


def _team_id(key: str) -> UUID:
    if (team_id := uuid_of(key)) is None:
        raise NotFoundError("Team not found")
    return team_id


def _require_admin(principal: Principal, told: Sentences) -> None:
    match principal.role:
        case Role.SYSTEM_ADMIN:
            return
        case Role.BROKER:
            raise ForbiddenError(told.broker)
        case Role.TEAM_OWNER:
            raise ForbiddenError(told.owner)
        case _:
            raise ForbiddenError(told.others)


def _profile(rows: Sequence[RowMapping]) -> RowMapping:
    if not rows:
        raise MissingError("PROFILE_NOT_FOUND", "Profile not found")
    return rows[0]
