"""The rules of contacts by name, and the recording replayed against them."""
