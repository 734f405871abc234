"""The rules of listings by name, and the recording replayed against them."""
