"""The console: the web page and the API of whoever operates, in a process of its own beside the proxy.

server.py      bounds (connections.py, protection.py), every error an answer (refusing.py)
callers.py     who asks: access token (tokens.py) or session (sessions.py); CSRF, wrong tokens (attempts.py)
routes.py      the API, one line each, to api.py; openapi.py describes the same list
pages.py       pages from templates (rendering.py); forms.py: their buttons, which call api.py
views.py       what is shown: flags, figures.py, verdicts.py (judged by one thread), the report
changing.py    a change through `Control`, done when every proxy worker serves it
live.py        the status once a second while anybody watches, to events.py
watches.py     what runs beside it: guards, the pilot
threads.py     everything that waits for the store
"""
