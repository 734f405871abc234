"""The rules of clients by name, and the recording replayed against them."""
