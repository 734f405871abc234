"""What a verdict asks for, unless it is configured otherwise."""

import subprocess
import sys
from pathlib import Path

from parity.verdict_limits import MAX_FLEETING_SHARE, VerdictLimits

ROOT = Path(__file__).parent.parent.parent


def test_as_few_reads_may_differ_for_a_moment_as_may_differ() -> None:
    assert VerdictLimits().max_rate == MAX_FLEETING_SHARE


def test_the_limits_are_read_without_the_engine() -> None:
    code = "import sys, parity.verdict_limits; print([name for name in sys.modules if name.startswith('parity')])"

    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert said.stdout == "['parity', 'parity.verdict_limits']\n"
