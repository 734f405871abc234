"""Who sends: Locust's users, generated from the recorded mix. Only the locustfile imports these (gevent patches)."""
