"""`run_worker`: this machine sends its share of the blocks of a load test whose master listens elsewhere."""

import signal
import tempfile
import time
from collections.abc import Callable
from math import inf
from pathlib import Path

from loadtests.errors import LoadTestError
from loadtests.generators import NOT_NEEDED_EXIT_CODE, joining
from loadtests.locusts import Locusts

_LOCUSTFILE = Path(__file__).with_name("locustfile.py")
_PAUSE_S = 2.0
"""After a block, for its master to be gone: the next one is another process at the same address."""


def run_worker(
    *,
    host: str,
    port: int,
    contract: Path,
    jwt_secret: str,
    wait_s: float,
    work_dir: Path,
    progress: Callable[[str], None],
) -> int:
    """Take part in blocks until the master has had none for `wait_s` seconds; how many they were.

    What is sent comes from this machine's `contract` and is signed with its secret; the master says where to and how
    much. Raises LoadTestError when nobody listens there, or the master has another recording.
    """
    blocks = 0
    with (
        Locusts(work_dir / "locust") as locusts,
        tempfile.NamedTemporaryFile("w", dir=work_dir, prefix="secret-") as secret,  # mode 0600
    ):
        secret.write(jwt_secret)
        secret.flush()
        command = [
            f"--locustfile={_LOCUSTFILE}",
            "--headless",
            "--loglevel=WARNING",
            f"--contract={contract.resolve()}",
            f"--jwt-secret-file={secret.name}",
            *joining(host, port),
        ]
        while True:
            code, words = locusts.run(command, work_dir / f"block-{blocks}", inf, connect_within_s=wait_s)
            if code == -signal.SIGALRM and blocks:
                return blocks
            if code == -signal.SIGALRM:
                raise LoadTestError(f"no master of a load test at {host}:{port} within {wait_s:g} s")
            if code and code != NOT_NEEDED_EXIT_CODE:
                raise LoadTestError(words)
            if not code:
                blocks += 1
                progress(f"block {blocks} of this load generator is done ...")
            time.sleep(_PAUSE_S)
