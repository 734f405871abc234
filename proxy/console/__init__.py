"""The console: the web page and the API of whoever operates, in a process of its own beside the proxy."""
