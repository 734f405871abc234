"""Users: who they are, how they sign in and stay signed in, and what they say of themselves.

An account has a profile that the public may see, settings, sessions (one refresh token for each user agent) and API
keys, and may be a member of a team.
"""

from domains.users.routes import ROUTES
from domains.users.sections import UserServices

__all__ = ["ROUTES", "UserServices"]
