"""The rules of users by name."""
