"""Serves httpbin, run by the Python of build/httpbin; says its port and its rules as one line of JSON."""

import importlib
import json
import sys


def main() -> None:
    """Until it is ended."""
    waitress, httpbin = (importlib.import_module(name) for name in ("waitress", "httpbin"))
    server = waitress.create_server(httpbin.app, host="127.0.0.1", port=0, threads=16)
    rules = {str(rule): sorted(rule.methods) for rule in httpbin.app.url_map.iter_rules()}
    sys.stdout.write(json.dumps({"port": server.effective_port, "rules": rules}) + "\n")
    sys.stdout.flush()
    server.run()


if __name__ == "__main__":
    main()
