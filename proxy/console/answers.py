"""What the API answers, field for field; the OpenAPI document is made of these. Times are ISO 8601 unless `_s` says seconds."""

from typing import Any

import msgspec


class Flag(msgspec.Struct, frozen=True):
    """A row of the flag table; without a row of its own a domain is at `off`."""

    key: str
    stage: str
    canary_share: float
    sample_rate: float


class Ratio(msgspec.Struct, frozen=True):
    """Modern by legacy over `n` pairs, with its 95 % interval."""

    n: int
    value: float
    low: float
    high: float


class Domain(msgspec.Struct, frozen=True):
    """A domain: where it stands, and what was counted of it in the window.

    `modern_share` is the share of clients whom modern serves; `missing` and `wrong` are how many conditions of the
    verdict stand so. `verdict` is empty while it is being found. `pilot` is the state of its latest pilot (empty: it had
    none), and `pilot_reason` why that waits or is paused.
    """

    domain: str
    stage: str
    next_stage: str
    canary_share: float
    sample_rate: float
    modern_share: float
    requests: int
    mirrored: int
    compared: int
    mismatches: int
    not_compared: int
    fallback: int
    failed: int
    outcomes: dict[str, int]
    latency: Ratio | None
    queries: Ratio | None
    verdict: str
    missing: int
    wrong: int
    pilot: str = ""
    pilot_reason: str = ""


class Status(msgspec.Struct, frozen=True):
    """Every domain, over the last `window_s` seconds; `behind` workers do not serve the present version yet."""

    version: int
    at: str
    window_s: float
    domains: list[Domain]
    workers: int
    behind: int


class Flags(msgspec.Struct, frozen=True):
    """The flag table: every domain, then the endpoints with a row of their own."""

    version: int
    flags: list[Flag]


class RowChange(msgspec.Struct, frozen=True):
    """A row before and after; null where there was none."""

    key: str
    before: Flag | None
    after: Flag


class Judged(msgspec.Struct, frozen=True):
    """The verdict at the moment of a change, why it was not ready, and the figures it stood on."""

    word: str
    lines: list[str]
    figures: dict[str, int | float | None]


class Change(msgspec.Struct, frozen=True):
    """An entry of the ledger; without `changed` something beside the flags was changed.

    `verdict` is null where none was asked for; `forced`: it, or a freeze window, was overridden. `served_ms`: of a
    rollback that somebody waited for, how long until every proxy worker served it.
    """

    version: int
    at: str
    action: str
    key: str
    actor: str
    reason: str
    changed: list[RowChange]
    verdict: Judged | None
    forced: bool
    served_ms: float | None = None


class Changes(msgspec.Struct, frozen=True):
    """Entries of the ledger, newest first."""

    changes: list[Change]


class Worker(msgspec.Struct, frozen=True):
    """A proxy worker that runs, with the flag version that it serves (-1: none yet)."""

    id: str
    name: str
    host: str
    pid: int
    port: int
    admin_port: int
    started_at: str
    version: int
    seen_s_ago: float
    is_behind: bool


class Workers(msgspec.Struct, frozen=True):
    """The proxy workers that run, beside the present flag version."""

    version: int
    workers: list[Worker]


class Condition(msgspec.Struct, frozen=True):
    """One thing that the verdict asks for: `holds`, `missing` or `wrong`."""

    name: str
    standing: str
    text: str


class Cell(msgspec.Struct, frozen=True):
    """A cell of the coverage matrix with its comparisons; `required` ones hold the verdict back until they are `met`."""

    endpoint: str
    status_class: str
    query: str
    n: int
    required: bool
    met: bool


class Guard(msgspec.Struct, frozen=True):
    """How one guard of a domain stands."""

    name: str
    state: str
    text: str
    is_alarming: bool


class DomainPage(msgspec.Struct, frozen=True):
    """Everything of one domain but its differences; no conditions and no coverage while the verdict is being found."""

    version: int
    at: str
    window_s: float
    domain: Domain
    endpoint_flags: list[Flag]
    guards: list[Guard]
    conditions: list[Condition]
    coverage: list[Cell]
    changes: list[Change]


class Mark(msgspec.Struct, frozen=True):
    """A change of the domain on its timeline; `at_s` is in Unix seconds."""

    version: int
    at_s: float
    text: str


class Timeline(msgspec.Struct, frozen=True):
    """What was counted in steps of `step_s`, each from its Unix second in `begins_s` on; a ratio is null without pairs."""

    step_s: int
    begins_s: list[int]
    compared: list[int]
    mismatches: list[int]
    latency: list[float | None]
    changes: list[Mark]


class Acknowledgement(msgspec.Struct, frozen=True):
    """A proxy worker serves the new version, `ms` after it was asked for."""

    worker: str
    ms: float


class Changed(msgspec.Struct, frozen=True):
    """What a change did. Not `acknowledged`: it is in force, and the `missing` workers may still serve what was before.

    Nothing is `changed` by a rollback of what was not further.
    """

    version: int
    changed: list[RowChange]
    acknowledged: bool
    ms: float
    workers: list[Acknowledgement]
    missing: list[str]


class Acceptance(msgspec.Struct, frozen=True):
    """An accepted difference, from the store or a rules file (`source`), with its use."""

    id: str
    label: str
    endpoint: str
    path: str
    kind: str
    reason: str
    owner: str
    expires: str
    quirk: str
    ticket: str
    shapes: list[tuple[str, str]]
    source: str
    accepted_by: str
    accepted_at: str
    withdrawn_at: str
    holds: bool
    expired: bool
    exchanges: int
    last_used_at: str


class Acceptances(msgspec.Struct, frozen=True):
    """Everything that is accepted, the withdrawn and expired ones too."""

    acceptances: list[Acceptance]


class AcceptedPlace(msgspec.Struct, frozen=True):
    """One acceptance: why, and where it holds until when."""

    id: str
    label: str
    endpoint: str
    path: str
    expires: str


class Accepted(msgspec.Struct, frozen=True):
    """What was accepted, or withdrawn, with the version of the last of these entries of the ledger."""

    version: int
    acceptances: list[AcceptedPlace]


class Look(msgspec.Struct, frozen=True):
    """Somebody was shown the samples of a group."""

    at: str
    name: str
    token_id: str
    address: str
    group_id: str
    endpoint: str


class Looks(msgspec.Struct, frozen=True):
    """Who looked at samples, newest first."""

    looks: list[Look]


class Report(msgspec.Struct, frozen=True):
    """`docs/reference/parity-report.schema.json` says what is in it; samples are told by `parity/groups/{id}` alone."""

    report: dict[str, Any]


class Verdict(msgspec.Struct, frozen=True):
    """`docs/reference/parity-verdict.schema.json` says what is in it."""

    verdict: dict[str, Any]


class Group(msgspec.Struct, frozen=True):
    """One difference group as in the report, with its samples; who is shown it is noted."""

    group: dict[str, Any]


class Fault(msgspec.Struct, frozen=True):
    """A field that is wrong."""

    field: str
    message: str


class Error(msgspec.Struct, frozen=True):
    """What went wrong: a word for programs, a sentence for people, and of 422 every field that is wrong.

    `lines` are what a command prints of it, where that is more than a sentence.
    """

    code: str
    message: str
    fields: list[Fault] = []
    lines: list[str] = []


class Refusal(msgspec.Struct, frozen=True):
    """Every answer that is not what was asked for."""

    error: Error
