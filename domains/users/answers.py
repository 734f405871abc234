"""What the endpoints of users answer: some camelCase, some as the columns are spelled, as recorded (Q-21)."""

from dataclasses import replace

from domains.shared.answers import Answer
from domains.shared.errors import ForbiddenError, LockedError, NotFoundError, NoUpdatesError
from domains.shared.models import api_keys, users
from domains.shared.refusals import refusals
from domains.shared.shapes import (
    ANYTHING,
    FLAG,
    ID,
    INTEGER,
    TEXT,
    Part,
    Shape,
    each,
    nothing_or,
    of_columns,
    row,
    some,
    spelled,
    whole,
)
from domains.users.controllers import (
    ACCOUNT,
    ENTERED,
    HOME,
    PROFESSIONAL,
    REGISTERED,
    SESSION,
    SOCIAL,
    STATISTICS,
)
from domains.users.models import (
    profile_statistics,
    profile_testimonials,
    refresh_tokens,
    user_permissions,
    user_profiles,
    user_settings,
)
from domains.users.sections import EVERYBODY, KEYS, MEMBERS, OWN, SALES, SETTINGS, TEAM, TEAMS, TESTIMONIAL
from domains.users.validators import PERMISSIONS

_ENTERED = Answer(
    Shape(
        "SignedIn",
        whole(
            {"user": whole(spelled(ENTERED, users))}
            | dict.fromkeys(("token", "accessToken", "refreshToken"), TEXT)
            | {"expiresIn": TEXT, "tokenType": TEXT}
        ),
    ),
    has_message=True,
    sets_cookie=True,
    refuses=refusals((401, "ACCOUNT_DISABLED")),
)
_ONBOARDING = whole({"sampleDataGenerated": FLAG, "tutorialAvailable": FLAG, "nextStep": TEXT})
_ACCOUNT = whole({"user": Shape("Account", whole(spelled(ACCOUNT, users)))})
_ENDED = Answer(has_message=True, reads_cookie=True, sets_cookie=True)
_GONE = Answer(
    whole({"success": FLAG, "message": TEXT}), is_timestamped=True, refuses=refusals(NotFoundError)
)
_TEAM_ROWS = of_columns(TEAM.selected_columns) | {"member_count": TEXT}
_MEMBER_ROWS = of_columns(MEMBERS.selected_columns)
_MEMBER = {name: part for name, part in _MEMBER_ROWS.items() if name not in PERMISSIONS}
_PERMISSIONS = whole({name: _MEMBER_ROWS[name] for name in PERMISSIONS})
_OF_SEVERAL: dict[str, Part] = {
    **of_columns(column for column in users.c if column.name != "password_hash"),
    **{
        name: nothing_or(part)
        for table in (user_profiles, user_settings)
        for name, part in of_columns(table.c).items()
    },
}
"""User, profile and settings in one, of which the last two need not be there."""
_PUBLIC = {
    "username": TEXT,
    **spelled({"displayName": "display_name", "professionalTitle": "professional_title"}, user_profiles),
    **spelled(
        {"bio": "bio", "profilePhoto": "profile_photo_url", "coverPhoto": "cover_photo_url"}, user_profiles
    ),
    "contact": whole({"email": nothing_or(TEXT), "phone": {"type": "null"}}, optional=["phone"]),
    "professional": whole(spelled(PROFESSIONAL, user_profiles)),
    "social": whole(spelled(SOCIAL, user_profiles)),
    "statistics": whole(spelled(STATISTICS, profile_statistics)),
    **dict.fromkeys(("achievements", "certifications", "awards"), ANYTHING),
    "recentSales": each(row(SALES.selected_columns)),
    "testimonials": each(whole(some(profile_testimonials, *TESTIMONIAL))),
}
_NEW_KEY = some(api_keys, "id", "name", "key_prefix", "scopes", "expires_at", "created_at") | {"key": TEXT}
_ABSENT = refusals(NotFoundError)
_NO_PROFILE = refusals((404, "PROFILE_NOT_FOUND"))
_CLOSED = refusals(ForbiddenError)
_NO_USER = refusals((404, "USER_NOT_FOUND"))

ANSWERS = {
    "login": replace(
        _ENTERED,
        refuses=_ENTERED.refuses
        | refusals((400, "MISSING_CREDENTIALS"), (401, "INVALID_CREDENTIALS"), LockedError),
    ),
    "google": replace(
        _ENTERED, refuses=_ENTERED.refuses | refusals((400, "MISSING_ID_TOKEN"), (401, "INVALID_TOKEN"))
    ),
    "register": Answer(
        whole({"user": whole(spelled(REGISTERED, users)), "token": TEXT, "onboarding": _ONBOARDING}),
        status=201,
        has_message=True,
        refuses=refusals((400, "MISSING_FIELDS"), (400, "USER_EXISTS")),
    ),
    "check_username": Answer(
        whole({"available": FLAG, "username": TEXT, "message": TEXT}, optional=["username"])
    ),
    "refresh": Answer(
        whole({"accessToken": TEXT, "expiresIn": TEXT}),
        reads_cookie=True,
        sets_cookie=True,
        refuses=refusals((401, "NO_REFRESH_TOKEN"), (401, "INVALID_REFRESH_TOKEN")),
    ),
    "sessions": Answer(
        whole(
            {
                "sessions": each(
                    Shape("Session", whole(spelled(SESSION, refresh_tokens) | {"isCurrent": FLAG}))
                )
            }
        ),
        reads_cookie=True,
    ),
    "logout": _ENDED,
    "logout_all": replace(_ENDED, reads_cookie=False),
    "clean_up_tokens": Answer(
        whole({"deletedCount": INTEGER, "message": TEXT}), is_timestamped=True, refuses=_CLOSED
    ),
    "account": Answer(_ACCOUNT, refuses=_NO_USER),
    "verify_role": Answer(
        whole(
            {"authorized": FLAG, "userRole": TEXT, "requiredRole": TEXT, "userId": ID, "email": TEXT},
            optional=["requiredRole"],
        )
    ),
    "update_account": Answer(
        Shape("UpdatedAccount", whole(spelled(REGISTERED, users) | some(users, *HOME))),
        has_message=True,
        refuses=_NO_USER
        | refusals((400, "MISSING_CURRENT_PASSWORD"), (400, "INVALID_CURRENT_PASSWORD"), NoUpdatesError),
    ),
    "teams": Answer(
        each(Shape("ListedTeam", row(TEAMS.selected_columns))),
        refuses=refusals((400, "MISSING_BROKER_ID"), (400, "MISSING_TEAM_ID")),
    ),
    "team": Answer(
        Shape("Team", whole(_TEAM_ROWS)), refuses=_ABSENT | _CLOSED | refusals((404, "TEAM_NOT_FOUND"))
    ),
    "members": Answer(
        each(Shape("Member", whole(_MEMBER | {"permissions": _PERMISSIONS}))), refuses=_ABSENT | _CLOSED
    ),
    "change_permissions": Answer(
        Shape("GrantedPermissions", row(user_permissions.c)),
        has_message=True,
        refuses=_ABSENT | _CLOSED | _NO_USER | refusals((400, "INVALID_REQUEST")),
    ),
    "own_profile": Answer(Shape("OwnProfile", whole(some(users, *OWN))), refuses=_NO_PROFILE),
    "update_own_profile": Answer(
        Shape("UpdatedProfile", whole(_OF_SEVERAL)), has_message=True, refuses=_NO_PROFILE
    ),
    "public_profile": Answer(Shape("PublicProfile", whole(_PUBLIC)), refuses=_NO_PROFILE),
    "settings": Answer(Shape("Settings", row(SETTINGS.selected_columns))),
    "update_settings": Answer(
        Shape("UpdatedSettings", row(user_settings.c)),
        may_lack_data=True,
        has_message=True,
        refuses=refusals(NoUpdatesError),
    ),
    "theme": Answer(whole({"theme": TEXT})),
    "keys": Answer(each(Shape("ApiKey", row(KEYS.selected_columns))), is_timestamped=True),
    "create_key": Answer(
        Shape("CreatedApiKey", whole(_NEW_KEY)), status=201, has_message=True, is_timestamped=True
    ),
    "revoke_key": _GONE,
    "delete_key": _GONE,
    "everybody": Answer(each(Shape("User", row(EVERYBODY.selected_columns))), refuses=_CLOSED),
}
"""By the controller's methods."""
