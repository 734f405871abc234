"""The command for each side: what a shell makes of it is the request, and nothing else."""

import subprocess

import pytest

from parity.curl import curl_of
from parity.exchange import Backend
from tests.parity.reports import sample


def arguments(line: str) -> list[str]:
    """What curl would be called with, found out by a real shell."""
    shown = line.replace("curl", "printf '%s\\n'", 1)
    env = {
        "LEGACY": "http://legacy.test",
        "MODERN": "http://modern.test",
        "TOKEN": "t",
        "PATH": "/usr/bin:/bin",
    }
    return subprocess.run(
        ["sh", "-c", shown], env=env, capture_output=True, text=True, check=True
    ).stdout.splitlines()


@pytest.mark.parametrize(
    ("backend", "address"), [(Backend.LEGACY, "http://legacy.test"), (Backend.MODERN, "http://modern.test")]
)
def test_each_side_is_asked_at_its_own_address(backend: Backend, address: str) -> None:
    found = sample(target="/v1/escrows?page=2&search=<text:10:91240174d670>")

    assert arguments(curl_of(found, backend, "GET /v1/escrows")) == [
        "-sSig",
        f"{address}/v1/escrows?page=2&search=<text:10:91240174d670>",
        "-H",
        "Authorization: Bearer t",
    ]


@pytest.mark.parametrize("hostile", ["/$(id)", "/`id`", "/'; id; '", '/" & id "', "/\\", "/a[1-9]{b,c}"])
def test_a_target_is_text_to_the_shell(hostile: str) -> None:
    line = curl_of(sample(target=hostile), Backend.LEGACY, "GET /")

    assert arguments(line)[1] == f"http://legacy.test{hostile}"


def test_the_method_is_the_samples_and_without_one_the_endpoints() -> None:
    assert " -X DELETE " in curl_of(sample(), Backend.LEGACY, "DELETE /v1/escrows/{id}")
    assert " -I " in curl_of(sample(method="HEAD"), Backend.LEGACY, "GET /v1/escrows")
    assert "-X" not in curl_of(sample(method="GET"), Backend.LEGACY, "POST /v1/escrows")


def test_what_would_write_is_a_comment_to_the_shell() -> None:
    line = curl_of(sample(method="POST", write_check="rehearse"), Backend.LEGACY, "POST /v1/escrows")

    assert line.startswith("# this writes: curl ")
