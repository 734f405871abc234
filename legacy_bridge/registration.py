"""Registration: anybody, with any role (Q-03), and with sample data that never arrives."""

import re
from datetime import UTC, datetime
from typing import Any

import psycopg

from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import send
from legacy_bridge.errors import Refusal
from legacy_bridge.failures import failing_as
from legacy_bridge.passwords import hash_password
from legacy_bridge.tokens import access_token

_REQUIRED = ("email", "password", "firstName", "lastName", "username")
_USERNAME_LENGTH = range(4, 21)
_USERNAME = re.compile(r"[a-zA-Z0-9_]+")
# clients have had no names since contacts came: the statement fails, and the transaction is rolled back
_SAMPLE_CLIENT = """
    INSERT INTO clients (first_name, last_name, email, client_type, owner_id)
    VALUES ('Sample', 'Client', 'sample.client@example.com', 'buyer', $1)
"""
_ONBOARDING = {"sampleDataGenerated": True, "tutorialAvailable": True, "nextStep": "/onboarding/welcome"}


async def register(call: Call) -> Answer:
    """POST /v1/auth/register. The e-mail address is taken as it stands."""
    body = call.body
    with failing_as("REGISTRATION_ERROR", "Failed to register user"):
        if not all(isinstance(body.get(key), str) and body[key] for key in _REQUIRED):
            await call.database.query("ROLLBACK")  # of a transaction that was not begun
            message = "Email, password, first name, last name, and username are required"
            raise Refusal(400, "MISSING_FIELDS", message)
        email, username = body["email"].lower(), body["username"].lower()
        try:
            async with call.database.transaction() as connection:
                if await send(
                    connection,
                    "SELECT id FROM users WHERE LOWER(email) = $1 OR LOWER(username) = $2",
                    [email, username],
                ):
                    raise _exists()
                created = await send(
                    connection,
                    """
                    INSERT INTO users (email, username, password_hash, first_name, last_name, role)
                    VALUES ($1, $2, $3, $4, $5, $6)
                    RETURNING id, email, first_name, last_name, role, is_active
                    """,
                    [
                        *(email, username, await hash_password(body["password"])),
                        *(body["firstName"], body["lastName"], body.get("role", "agent")),
                    ],
                )
        except psycopg.errors.UniqueViolation as error:  # somebody else came first
            raise _exists() from error
    user = created[0]
    await call.database.transaction_unawaited([(_SAMPLE_CLIENT, [user["id"]])])
    content = {
        "user": {
            "id": user["id"],
            "email": user["email"],
            "firstName": user["first_name"],
            "lastName": user["last_name"],
            "role": user["role"],
            "isActive": user["is_active"],
        },
        "token": access_token(user, call.services.jwt_secret, datetime.now(UTC)),
        "onboarding": _ONBOARDING,
    }
    return Answer(201, {"success": True, "data": content, "message": "User registered successfully"})


async def check_username(call: Call) -> Answer:
    """GET /v1/auth/check-username/{username}. What cannot be one is not looked up."""
    username = call.params["username"]
    if len(username) not in _USERNAME_LENGTH:
        return _availability({"available": False, "message": "Username must be 4-20 characters"})
    if not _USERNAME.fullmatch(username):
        message = "Username can only contain letters, numbers, and underscores"
        return _availability({"available": False, "message": message})
    with failing_as("CHECK_USERNAME_ERROR", "Failed to check username availability"):
        taken = await call.database.query(
            "SELECT id FROM users WHERE LOWER(username) = LOWER($1)", [username]
        )
    message = "Username is already taken" if taken else "Username is available"
    return _availability({"available": not taken, "username": username, "message": message})


def _exists() -> Refusal:
    return Refusal(400, "USER_EXISTS", "User with this email or username already exists")


def _availability(content: dict[str, Any]) -> Answer:
    return Answer(200, {"success": True, "data": content})


HANDLERS: Handlers = {
    ("POST", "/v1/auth/register"): register,
    ("GET", "/v1/auth/check-username/{username}"): check_username,
}
