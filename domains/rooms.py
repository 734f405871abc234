"""The rooms that are mounted, by name: who only wants those names does not import what they are made of."""

ROOMS = (
    "appointments",
    "clients",
    "contacts",
    "escrows",
    "leads",
    "listings",
    "users",
)
"""One line each; the endpoints of a room are those of the domain by its name."""
