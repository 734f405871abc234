"""The statements on API keys, each with the security event that tells of it; made once, which takes longer than to run."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Integer, Select, bindparam, delete, func, insert, literal, select, true, update

from domains.shared.models import api_keys, users
from domains.shared.permissions import Principal
from domains.shared.requests import Origin
from domains.users.utils import noted, noted_of

_TELLER = select(
    bindparam("caller", type_=users.c.id.type).label("id"),
    bindparam("teller_email", type_=users.c.email.type).label("email"),
    literal(None, users.c.username.type).label("username"),
)
"""The caller as a security event of an API key shows them: without the username, as recorded."""
_OWN_KEY = (
    api_keys.c.id == bindparam("own_key", type_=api_keys.c.id.type),
    api_keys.c.user_id == bindparam("caller", type_=users.c.id.type),
)


def _creating_key() -> Select[Any]:
    # a key without days never expires: now() and an interval of NULL is NULL
    values = {
        **{
            name: bindparam(f"new_{name}", type_=api_keys.c[name].type)
            for name in ("name", "key_hash", "key_prefix")
        },
        "expires_at": func.now() + func.make_interval(0, 0, 0, bindparam("days", type_=Integer)),
    }
    owner = select(users.c.id, users.c.team_id, *values.values()).where(
        users.c.id == bindparam("caller", type_=users.c.id.type)
    )
    created = (
        insert(api_keys)
        .from_select(["user_id", "team_id", *values], owner)
        .returning(api_keys)
        .cte("created")
    )
    shown = ("id", "name", "key_prefix", "scopes", "expires_at", "created_at")
    event = noted(_TELLER.subquery("teller"), "api_key_created", "api_key", has_metadata=True)
    return select(*(created.c[name] for name in shown)).add_cte(event.cte("noted"))


def _revoking_key() -> Select[Any]:
    revoked = (
        update(api_keys)
        .where(*_OWN_KEY)
        .values(is_active=False, updated_at=func.now())
        .returning(api_keys.c.id)
        .cte("revoked")
    )
    teller = select(_TELLER.subquery("teller")).join(revoked, true()).subquery("revoker")
    event = noted(teller, "api_key_revoked", "api_key", has_metadata=True)
    return select(revoked.c.id).add_cte(event.cte("noted"))


CREATED, REVOKED = _creating_key(), _revoking_key()
"""Their parameters are those of `told_by`, and `new_…` and `days` of a new key, or `own_key`, the id of one's own."""
DELETED = delete(api_keys).where(*_OWN_KEY).returning(api_keys.c.id)


def told_by(principal: Principal, origin: Origin, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a security event of an API key."""
    teller = {"caller": principal.user_id, "teller_email": principal.email}
    return {**teller, **noted_of(origin), "noted_metadata": metadata}
