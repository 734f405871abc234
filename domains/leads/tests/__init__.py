"""The rules of leads by name, and the recording replayed against them."""
