"""The rules of accounts: who may sign in, what follows on it, and what is written down of it.

Five wrong passwords lock an account for half an hour. A change and the security event that tells of it are one
statement: both happen, or none.
"""

import math
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Executable,
    FromClause,
    RowMapping,
    Select,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or_not
from sqlalchemy.sql.dml import ReturningInsert

from domains.shared.changes import setting
from domains.shared.clock import Clock
from domains.shared.database import Database
from domains.shared.errors import (
    LockedError,
    MissingError,
    NoUpdatesError,
    UnauthenticatedError,
    UnusableInputError,
)
from domains.shared.house import GoogleIdentity, House
from domains.shared.models import users
from domains.shared.node_json import iso_moment, truthy
from domains.shared.permissions import Principal
from domains.shared.requests import Origin
from domains.users.models import refresh_tokens
from domains.users.utils import hash_password, is_password, noted, noted_of
from domains.users.validators import account_changes, credentials_of, names_of, registration_of

_MAX_FAILURES = 5
_REFRESH_BYTES = 40
_NO_PASSWORD = "!"  # noqa: S105 - what stands for "none": it is no bcrypt hash, so it is nobody's password
_LOCKED = "Account temporarily locked due to too many failed login attempts."
_IN_A_WEEK = func.now() + literal_column("INTERVAL '7 days'")
_IN_HALF_AN_HOUR = func.now() + literal_column("INTERVAL '30 minutes'")
_NAMED = bindparam("name", type_=users.c.email.type)
_ENTERING = (
    *(users.c[name] for name in ("id", "email", "username", "first_name", "last_name", "role", "is_active")),
    *(users.c.password_hash, users.c.locked_until),
)
_BY_NAME = select(*_ENTERING).where(
    or_(func.lower(users.c.email) == _NAMED, func.lower(users.c.username) == _NAMED)
)
_BY_GOOGLE = (
    select(*_ENTERING)
    .where(or_(users.c.google_id == bindparam("google_id"), func.lower(users.c.email) == bindparam("email")))
    .order_by(users.c.google_id.is_(None))
)
_OF_CALLER = users.c.id == bindparam("caller", type_=users.c.id.type)
_ACCOUNT = select(
    *(users.c[name] for name in ("id", "email", "username", "first_name", "last_name", "role", "is_active")),
    *(users.c[name] for name in ("last_login", "created_at", "updated_at", "timezone")),
).where(_OF_CALLER)
_UPDATED = (
    *("id", "email", "first_name", "last_name", "role", "is_active", "home_city", "home_state", "home_zip"),
    *("home_lat", "home_lng", "licensed_states", "search_radius_miles"),
)
_SESSIONS = (
    select(
        *(refresh_tokens.c[name] for name in ("id", "created_at", "expires_at", "ip_address", "user_agent")),
        refresh_tokens.c.device_info,
    )
    .where(
        refresh_tokens.c.user_id == bindparam("caller"),
        refresh_tokens.c.revoked_at.is_(None),
        refresh_tokens.c.expires_at > func.now(),
    )
    .order_by(refresh_tokens.c.created_at.desc())
)
_TOLD = (*(users.c[name] for name in _UPDATED), users.c.username)
_LIVE, _NOW = refresh_tokens.c.revoked_at.is_(None), func.now()
_SHOWN = bindparam("shown_token", type_=refresh_tokens.c.token.type)
_TAKEN = select(users.c.id).where(func.lower(users.c.username) == _NAMED)
_SAME = select(users.c.id).where(
    or_(
        func.lower(users.c.email) == bindparam("address", type_=users.c.email.type),
        func.lower(users.c.username) == _NAMED,
    )
)
_PASSWORD = select(users.c.password_hash).where(_OF_CALLER)
_SIGNING_IN = "authentication"


class AccountService:
    """Accounts and their sessions."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def sign_in(self, body: Mapping[str, Any], origin: Origin) -> tuple[RowMapping, str]:
        """The user whose password this is, and a new refresh token."""
        name, password = credentials_of(body)
        found = await self._database.run(_BY_NAME, {"name": name.lower()})
        wrong = UnauthenticatedError("INVALID_CREDENTIALS", "Invalid email or password")
        if not found:
            raise wrong
        user = found[0]
        _require_active(user)
        await self._require_unlocked(user, origin)
        if not await is_password(password, user["password_hash"]):
            await self._count_failure(user, origin)
            raise wrong
        return user, await self._enter(user, origin)

    async def sign_in_by_google(
        self, body: Mapping[str, Any], origin: Origin, house: House
    ) -> tuple[RowMapping, str]:
        """The same of whom Google vouches for; who is new there becomes an agent here."""
        id_token = body.get("idToken")
        if not (isinstance(id_token, str) and id_token):
            raise UnusableInputError("MISSING_ID_TOKEN", "Google ID token is required")
        identity = await house.google.identify(id_token)
        if identity is None:
            raise UnauthenticatedError("INVALID_TOKEN", "Invalid Google token")
        named = {"google_id": identity.google_id, "email": identity.email.lower()}
        found = await self._database.run(_BY_GOOGLE, named)
        user = (found or await self._register_google(identity))[0]
        _require_active(user)
        return user, await self._enter(user, origin)

    async def register(self, body: Mapping[str, Any]) -> RowMapping:
        """A new agent, whatever the body says (Q-03)."""
        email, username = names_of(body)
        exists = UnusableInputError("USER_EXISTS", "User with this email or username already exists")
        if await self._database.run(_SAME, {"name": username, "address": email}):
            raise exists
        new = registration_of(body)
        values = {
            "new_email": email,
            "new_username": username,
            "new_password_hash": await hash_password(new.password),
            "new_first_name": new.first_name,
            "new_last_name": new.last_name,
            "new_role": "agent",
        }
        rows = await self._database.run(_REGISTERED, values)
        if not rows:  # somebody else came first
            raise exists
        return rows[0]

    async def is_taken(self, username: str) -> bool:
        """Whether somebody has that name, however it is spelled."""
        return bool(await self._database.run(_TAKEN, {"name": username.lower()}))

    async def refresh(self, token: str | None, origin: Origin) -> tuple[RowMapping, str]:
        """The user of a refresh token, which is spent with this, and the next one."""
        if not token:
            raise UnauthenticatedError("NO_REFRESH_TOKEN", "No refresh token provided")
        next_token = secrets.token_hex(_REFRESH_BYTES)
        values = {"shown_token": token, **_stored_of(next_token, origin), **noted_of(origin)}
        rows = await self._database.run(_REFRESHED, values)
        if not rows:
            raise UnauthenticatedError("INVALID_REFRESH_TOKEN", "Invalid or expired refresh token")
        return rows[0], next_token

    async def sessions(self, principal: Principal) -> Sequence[RowMapping]:
        """What is signed in as the caller, the latest first."""
        return await self._database.run(_SESSIONS, {"caller": principal.user_id})

    async def sign_out(self, token: str | None) -> None:
        """End the session of a refresh token, if there is one."""
        if token:
            await self._database.run(_ENDED, {"shown_token": token})

    async def sign_out_everywhere(self, principal: Principal) -> None:
        """End every session of the caller."""
        await self._database.run(_ALL_ENDED, {"caller": principal.user_id})

    async def clean_up(self) -> int:
        """Delete every refresh token that has expired; for system_admins (Q-05)."""
        return len(await self._database.run(_EXPIRED))

    async def account(self, principal: Principal) -> RowMapping:
        """The caller's own account."""
        rows = await self._database.run(_ACCOUNT, {"caller": principal.user_id})
        if not rows:
            raise MissingError("USER_NOT_FOUND", "User not found")
        return rows[0]

    async def update_account(
        self, principal: Principal, body: Mapping[str, Any], origin: Origin
    ) -> Mapping[str, Any]:
        """The caller's account after an update, which may change the password."""
        changes_password = truthy(body.get("newPassword"))
        if changes_password:
            await self._require_password(principal, body.get("currentPassword"))
        changes = account_changes(body)
        if changes_password:
            changes["password_hash"] = await hash_password(_text(body["newPassword"]))
        if not changes:
            raise NoUpdatesError("No fields to update")
        changing, values = setting(users, {**changes, "updated_at": _NOW}, _OF_CALLER, returning=_TOLD)
        statement: Executable = changing
        if changes_password:
            changed = changing.cte("changed")
            event = noted(changed, "password_changed", "account")
            statement = select(changed).add_cte(event.cte("noted"))
            values |= noted_of(origin)
        rows = await self._database.run(statement, values | {"caller": principal.user_id})
        if not rows:
            raise MissingError("USER_NOT_FOUND", "User not found")
        return {name: rows[0][name] for name in _UPDATED}

    async def _require_password(self, principal: Principal, current: Any) -> None:
        if not truthy(current):
            message = "Current password is required to change password"
            raise UnusableInputError("MISSING_CURRENT_PASSWORD", message)
        found = await self._database.run(_PASSWORD, {"caller": principal.user_id})
        if not (found and await is_password(_text(current), found[0]["password_hash"])):
            raise UnusableInputError("INVALID_CURRENT_PASSWORD", "Current password is incorrect")

    async def _register_google(self, identity: GoogleIdentity) -> Sequence[RowMapping]:
        created = insert(users).values(
            email=identity.email.lower(),
            username=f"google-{identity.google_id}",
            password_hash=_NO_PASSWORD,
            first_name=identity.first_name,
            last_name=identity.last_name,
            google_id=identity.google_id,
            profile_picture_url=identity.picture_url,
        )
        return await self._database.run(created.returning(*_ENTERING))

    async def _require_unlocked(self, user: RowMapping, origin: Origin) -> None:
        until, now = user["locked_until"], self._clock()
        if until is None or until <= now:
            return
        await self._database.run(_KEPT_OUT, {"caller": user["id"], **noted_of(origin)})
        minutes = math.ceil((until - now).total_seconds() / 60)
        left = f"{minutes} minute{'' if minutes == 1 else 's'}"
        raise LockedError(f"{_LOCKED} Try again in {left}.", iso_moment(until))

    async def _count_failure(self, user: RowMapping, origin: Origin) -> None:
        await self._database.run(_FAILED, {"caller": user["id"], **noted_of(origin)})

    async def _enter(self, user: RowMapping, origin: Origin) -> str:
        """Forget the failures, and store a new refresh token in place of the one that this user agent had."""
        token = secrets.token_hex(_REFRESH_BYTES)
        device = {"browser": _agent(origin), "ip": origin.ip_address}
        stored = _stored_of(token, origin, device)
        await self._database.run(_ENTRANCE, {"caller": user["id"], **stored, **noted_of(origin)})
        return token


def _stored(user: FromClause) -> ReturningInsert[Any]:
    """A refresh token for each row of `user`; its parameters are those of `_stored_of`."""
    names = ("token", "ip_address", "user_agent", "device_info")
    told = [bindparam(f"stored_{name}", type_=refresh_tokens.c[name].type) for name in names]
    made = insert(refresh_tokens).from_select(
        ["user_id", "expires_at", *names], select(user.c.id, _IN_A_WEEK, *told)
    )
    return made.returning(refresh_tokens.c.id)


def _stored_of(token: str, origin: Origin, device: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {
        "stored_token": token,
        "stored_ip_address": origin.ip_address,
        "stored_user_agent": _agent(origin),
        "stored_device_info": device,
    }


def _agent(origin: Origin) -> str:
    return origin.user_agent or "Unknown"


def _entrance() -> Select[Any]:
    """What follows on a password that is right."""
    entered = (
        update(users)
        .where(_OF_CALLER)
        .values(failed_login_attempts=0, locked_until=None, last_login=_NOW)
        .returning(users.c.id, users.c.email, users.c.username)
        .cte("entered")
    )
    forgotten = delete(refresh_tokens).where(
        refresh_tokens.c.user_id == bindparam("caller", type_=users.c.id.type),
        refresh_tokens.c.user_agent == bindparam("stored_user_agent", type_=refresh_tokens.c.user_agent.type),
        refresh_tokens.c.expires_at > _NOW,
    )
    return select(entered.c.id).add_cte(
        forgotten.returning(refresh_tokens.c.id).cte("forgotten"),
        _stored(entered).cte("stored"),
        noted(entered, "login_success", _SIGNING_IN).cte("noted"),
    )


def _refreshing() -> Select[Any]:
    """What follows on a refresh token that is somebody's."""
    spent = (
        update(refresh_tokens)
        .where(refresh_tokens.c.token == _SHOWN, _LIVE, refresh_tokens.c.expires_at > _NOW)
        .where(users.c.id == refresh_tokens.c.user_id, users.c.is_active.is_(True))
        .values(revoked_at=_NOW)
        .returning(
            *(users.c[name] for name in ("id", "email", "username", "role")),
            refresh_tokens.c.id.label("token_id"),
        )
        .cte("spent")
    )
    return select(spent).add_cte(
        _stored(spent).cte("stored"), noted(spent, "token_refresh", _SIGNING_IN).cte("noted")
    )


def _failing() -> Select[Any]:
    """What follows on a password that is wrong."""
    failures = users.c.failed_login_attempts + 1
    counted = (
        update(users)
        .where(_OF_CALLER)
        .values(
            failed_login_attempts=failures,
            locked_until=case((failures >= _MAX_FAILURES, _IN_HALF_AN_HOUR), else_=users.c.locked_until),
        )
        .returning(users.c.id, users.c.email, users.c.username, users.c.failed_login_attempts)
        .cte("counted")
    )
    locked = select(counted).where(counted.c.failed_login_attempts >= _MAX_FAILURES).subquery("locked")
    failed = noted(counted, "login_failed", _SIGNING_IN, failure="Invalid password")
    shut = noted(locked, "account_locked", _SIGNING_IN, failure="Too many failed login attempts")
    return select(counted.c.id).add_cte(failed.cte("failed"), shut.cte("shut"))


def _keeping_out() -> ReturningInsert[Any]:
    """What follows on an account that is locked."""
    known = select(*(users.c[name] for name in ("id", "email", "username"))).where(_OF_CALLER)
    return noted(known.cte("known"), "login_locked", _SIGNING_IN, failure=_LOCKED)


def _registering() -> ReturningInsert[Any]:
    """A new user, unless somebody else has come first."""
    names = ("email", "username", "password_hash", "first_name", "last_name", "role")
    values = {name: bindparam(f"new_{name}", type_=users.c[name].type) for name in names}
    shown = (users.c[name] for name in ("id", "email", "first_name", "last_name", "role", "is_active"))
    return insert_or_not(users).values(values).on_conflict_do_nothing().returning(*shown)


# made once, which takes longer than to run them
_ENTRANCE, _REFRESHED, _FAILED, _KEPT_OUT = _entrance(), _refreshing(), _failing(), _keeping_out()
_REGISTERED = _registering()
_ENDED = update(refresh_tokens).where(refresh_tokens.c.token == _SHOWN, _LIVE).values(revoked_at=_NOW)
_ALL_ENDED = (
    update(refresh_tokens)
    .where(refresh_tokens.c.user_id == bindparam("caller", type_=users.c.id.type), _LIVE)
    .values(revoked_at=_NOW)
)
_EXPIRED = delete(refresh_tokens).where(refresh_tokens.c.expires_at < _NOW).returning(refresh_tokens.c.id)


def _require_active(user: RowMapping) -> None:
    if not user["is_active"]:
        raise UnauthenticatedError("ACCOUNT_DISABLED", "Your account has been disabled")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
