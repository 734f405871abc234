"""Files of flags: written as they are read, and every fault of one at once."""

from pathlib import Path

import pytest

from proxy.errors import FlagFileError, UnknownKeyError
from proxy.flag_files import FlagFile, read_flags, write_flags
from proxy.flags import Flag, FlagTable
from proxy.stages import Stage

TABLE = FlagTable(
    7,
    {
        "escrows": Flag(Stage.CANARY, 0.123456789, 0.5),
        "GET /v1/escrows/{id}": Flag(Stage.SHADOW),
    },
)


def domain_of(key: str) -> str:
    if "escrows" in key:
        return "escrows"
    if key == "leads":
        return key
    raise UnknownKeyError(f"there is no domain and no endpoint {key!r}")


def read(tmp_path: Path, text: str, present: FlagTable = TABLE) -> FlagFile:
    file = tmp_path / "flags.toml"
    file.write_text(text)
    return read_flags(file, domain_of, present)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    text = write_flags(TABLE, ["escrows", "leads"])

    assert read(tmp_path, text) == FlagFile(7, {**TABLE.rows, "leads": Flag()})


def test_what_a_file_does_not_say_of_a_flag_stays(tmp_path: Path) -> None:
    text = '[flags.escrows]\nstage = "live"\n[flags."POST /v1/escrows"]\nstage = "off"\nsample_rate = 1\n'

    assert read(tmp_path, text) == FlagFile(
        None,
        {
            "escrows": Flag(Stage.LIVE, 0.123456789, 0.5),
            "POST /v1/escrows": Flag(Stage.OFF, 0.123456789, 1.0),
        },
    )


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    text = (
        "version = -1\nspeed = 3\n[flags]\nleads = 4\n"
        '[flags.nothing]\nstage = "off"\n'
        '[flags.escrows]\nstage = "shadwo"\nshare = 1\ncanary_share = 2\nsample_rate = true\n'
        '[flags."GET /v1/escrows"]\nsample_rate = nan\n'
    )

    with pytest.raises(FlagFileError) as told:
        read(tmp_path, text)

    assert told.value.problems == (
        "speed: unknown key (expected: version, flags)",
        "version: -1: expected a whole number from 0",
        'flags."leads": 4: expected a table with a stage',
        "flags: there is no domain and no endpoint 'nothing'",
        'flags."escrows".share: unknown key (expected: stage, canary_share, sample_rate)',
        f"flags.\"escrows\".stage: there is no stage 'shadwo'; did you mean shadow? (stages: {', '.join(Stage)})",
        'flags."escrows": canary_share must be a number from 0 to 1, not 2',
        'flags."escrows".sample_rate: True: expected a number from 0 to 1',
        'flags."GET /v1/escrows": expected a stage',
        'flags."GET /v1/escrows": sample_rate must be a number from 0 to 1, not nan',
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "expected tables like"), ("flags = 3", "expected tables like"), ("[flags", "not valid TOML")],
)
def test_what_is_no_file_of_flags_is_told(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FlagFileError, match=words):
        read(tmp_path, text)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FlagFileError, match="cannot be read: No such file"):
        read_flags(tmp_path / "no.toml", domain_of, TABLE)
