"""The rules of appointments by name, and the recording replayed against them."""
