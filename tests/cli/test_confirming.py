"""What is dangerous is confirmed, or not done."""

import pytest

from cli.confirming import confirm
from cli.errors import UsageError


def test_yes_is_a_confirmation() -> None:
    confirm("escrows", "escrows goes from canary to live", yes=True, no_input=True)


def test_where_nobody_can_be_asked_it_is_refused_with_what_would_have_been_done() -> None:
    with pytest.raises(UsageError, match=r"^escrows goes live: nobody can be asked here; expected --yes$"):
        confirm("escrows", "escrows goes live", yes=False, no_input=True)
