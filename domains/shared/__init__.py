"""The floor that every room of `domains/` stands on: behaviour is inherited from here, rooms declare facts.

A request, here `PUT /v1/leads/{id}`:
    front.py         read the body (requests.py); is it a signed copy (shadow.py); count it (rate_limits.py);
                     who is the caller (authentication.py); is the endpoint for them: its audience (permissions.py).
                     A read: from the cache, if nothing it shows was written since (caching.py, generations.py).
                     A rehearsal: the same, in a transaction that is rolled back (rehearsals.py)
    controllers.py   HTTP in, service call, HTTP out
    services.py      one statement that finds the row, asks whether it was granted, checks the version and acts
    database.py      compiled once (compiled.py), sent on a pooled connection, counted (statements.py), with what may have
                     been committed
    events.py        whom a change is told; handed on after it was committed, never by a copy (sockets.py, relays.py)
    house.py         the ports to other people's services: nothing is sent by a copy or a rehearsal
    responses.py     the envelope and the headers; what goes wrong is an `ApiError` (errors.py draws the tree)
    performance.py   one log line and the histogram at `/metrics`
"""
