"""What of the recorded escrows the stub backend can answer."""

from pathlib import Path

from loadtests.settings import LoadSettings
from tests.loadtests.stub_backend import ENDPOINTS, SECRET


def settings_of(contract: Path) -> LoadSettings:
    """What the stub can answer, with little patience."""
    return LoadSettings(
        contract=contract,
        domains=("escrows",),
        jwt_secret=SECRET,
        endpoints=ENDPOINTS,
        warm_up_s=0.1,
        timeout_s=2.0,
    )
