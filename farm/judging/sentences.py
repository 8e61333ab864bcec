"""What a comparison says, in one line that a person understands."""

from __future__ import annotations

from collections.abc import Mapping

from farm.core.mismatch import Element, Mismatch, Number
from farm.core.tolerance import Bounds, ToleranceRow


def how_close(metrics: Mapping[str, float]) -> str:
    """Say how close a right output is to its golden."""
    texts = [f"largest error {metrics['max_abs_error']:.3g}"]
    if "max_ulp" in metrics:
        texts[0] += f" ({metrics['max_ulp']:.3g} ULP)"
    if "pcc" in metrics:
        texts.append(f"PCC {metrics['pcc']:.6f}")
    return ", ".join(texts)


def what_is_wrong(mismatch: Mismatch, row: ToleranceRow, complaint: str) -> str:
    """Say what is wrong with an output.

    Args:
        mismatch: what is wrong.
        row: the row that judged it.
        complaint: the broken bound of the whole output, in words that follow `its`; "" if elements are wrong.
    """
    parts = [f"its {complaint}" if complaint else _elements(mismatch, row.bounds)]
    if mismatch.where:
        parts[0] += f", {mismatch.where}"
    parts += mismatch.hints
    if mismatch.worst is not None:
        parts.append(f"worst at {_worst(mismatch.worst)}")
    parts.append(f"tolerance {row.name!r}")
    return "; ".join(parts)


def _elements(mismatch: Mismatch, bounds: Bounds) -> str:
    """Say how many elements are wrong, and beyond what."""
    strange = sum(mismatch.nonfinite.values())
    finite = mismatch.mismatched - strange
    texts = []
    if finite:
        texts.append(f"{_share(finite, mismatch.elements)} {_beyond(bounds, one=finite == 1)}")
    kinds = [f"{count:,} {'is' if count == 1 else 'are'} {kind.words}" for kind, count in mismatch.nonfinite.items()]
    if not finite:
        verb = "is" if strange == 1 else "are"
        if len(kinds) == 1:
            return f"{_share(strange, mismatch.elements)} {verb} {next(iter(mismatch.nonfinite)).words}"
        return f"{_share(strange, mismatch.elements)} {verb} wrong: {' and '.join(kinds)}"
    return " and ".join(texts + kinds)


def _beyond(bounds: Bounds, *, one: bool) -> str:
    if bounds.exact:
        return "differs" if one else "differ"
    limits = []
    if bounds.ulp is not None:
        limits.append(f"{bounds.ulp:g} ULP")
    if bounds.rtol is not None:
        limits.append(f"{bounds.rtol:g} of the expected value" + (f" plus {bounds.atol:g}" if bounds.atol else ""))
    elif bounds.atol is not None:
        limits.append(f"{bounds.atol:g}")
    if bounds.scaled is not None:
        limits.append(f"{bounds.scaled:g} of the output's root mean square")
    both = {2: "both ", 3: "all of "}.get(len(limits), "")  # the largest bound decides
    return f"{'is' if one else 'are'} off by more than {both}{' and '.join(limits)}"


def _share(count: int, total: int) -> str:
    if count == total:
        return f"all {total:,} elements" if total > 1 else "the only element"
    share = count / total
    percent = f"{share:.1%}" if share >= 0.001 else "< 0.1%"
    return f"{count:,} of {total:,} elements ({percent.replace('%', ' %')})"


def _worst(element: Element) -> str:
    return f"{list(element.index)}: {_number(element.actual)} for {_number(element.expected)}"


def _number(number: Number) -> str:
    return str(number) if isinstance(number, int) else f"{number + 0.0:.6g}"  # -0.0 + 0.0 is 0.0
