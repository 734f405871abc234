"""The rules of escrows by name, and the recording replayed against them."""
