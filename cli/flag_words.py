"""How commands say what a flag is, what was changed, and what the verdict was."""

from typing import Any

from proxy.flag_rows import Change, Judged
from proxy.flags import DEFAULT_FLAG, Flag
from proxy.stages import Stage


def flag_json(flag: Flag) -> dict[str, Any]:
    """JSON values."""
    return {"stage": flag.stage.value, "canary_share": flag.canary_share, "sample_rate": flag.sample_rate}


def rows_json(change: Change) -> list[dict[str, Any]]:
    """JSON values: each row before and after."""
    return [
        {"key": row.key, "before": row.before and flag_json(row.before), "after": flag_json(row.after)}
        for row in change.rows
    ]


def verdict_json(verdict: Judged | None) -> dict[str, Any] | None:
    """JSON values."""
    if verdict is None:
        return None
    return {"word": verdict.word, "lines": list(verdict.lines), "figures": verdict.figures}


def change_json(change: Change) -> dict[str, Any]:
    """JSON values of an entry of the ledger."""
    return {
        "version": change.version,
        "at": change.changed_at.isoformat(),
        "action": change.action,
        "key": change.key,
        "actor": change.actor,
        "reason": change.reason,
        "forced": change.forced,
        "changed": rows_json(change),
        "verdict": verdict_json(change.verdict),
        "served_ms": change.served_ms,
    }


def words_of(flag: Flag | None) -> str:
    """For example `canary 5%, 50% sampled`."""
    flag = flag or DEFAULT_FLAG
    share = f" {flag.canary_share * 100:.4g}%" if flag.stage is Stage.CANARY else ""
    sampled = "" if flag.sample_rate == 1 else f", {flag.sample_rate * 100:.4g}% sampled"
    return f"{flag.stage}{share}{sampled}"


def step_words(key: str, before: Flag | None, after: Flag) -> str:
    """For example `escrows: shadow → canary 5%`."""
    return f"{key}: {words_of(before)} → {words_of(after)}"


def verdict_words(verdict: Judged, *, forced: bool) -> str:
    """For example `verdict: ready (4,000 comparisons, 0 differ)`."""
    figures = verdict.figures
    told = ""
    if "comparisons" in figures and "mismatches" in figures:
        told = f" ({figures['comparisons']:,} comparisons, {figures['mismatches']:,} differ)"
    return f"verdict: {verdict.word}{told}{', forced' if forced else ''}"
