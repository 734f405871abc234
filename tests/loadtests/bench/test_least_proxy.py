"""The floor of the bench, as a process in front of a real server."""

import http.client
from pathlib import Path

from loadtests.children import Child
from tests.loadtests.bench.support import tiny_server


def asked(connection: http.client.HTTPConnection) -> tuple[int, bytes]:
    connection.request("GET", "/1k.json")
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_it_forwards_one_request_after_another(tmp_path: Path) -> None:
    with tiny_server() as (port, seen):
        arguments = ["-m", "loadtests.bench.least_proxy", str(port)]
        with Child("least proxy", arguments, log=tmp_path / "log") as child:
            through = http.client.HTTPConnection("127.0.0.1", int(child.ready()["port"]), timeout=5)
            answers = [asked(through) for _ in range(3)]
            through.close()
        direct = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        wanted = asked(direct)
        direct.close()

    assert answers == [wanted] * 3
    assert len(seen) == 4
