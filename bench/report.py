"""RESULTS.md from what was measured."""

import statistics
import time

MIB = 1 << 20
GIB_IN_MIB = 1024
ENDS = (16, 256, 1024, 4096)


def timed(work):
    """Seconds, and what came of it."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


class Judge:
    """Lines of the table of targets."""

    def __init__(self):
        self.lines = []

    def line(self, what, target, value, text, met):
        """One of them; without a value nothing was measured."""
        verdict = "not measured" if value is None else ("yes" if met(value) else "**no**")
        self.lines.append(f"| {what} | {target} | {'-' if value is None else text(value)} | {verdict} |")


def ratio(above, below):
    """Or None, where one is missing."""
    return above / below if above is not None and below else None


def slope(table, peer):
    """Seconds per GiB of the end of an upload: the straight line through the medians that fits best."""
    points = [(size / GIB_IN_MIB, table.median(peer, f"end of {size} MiB")) for size in ENDS]
    points = [(x, y) for x, y in points if y is not None]
    if len(points) < 2:
        return None
    return statistics.linear_regression(*zip(*points, strict=True)).slope


def times(value):
    """A ratio."""
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def judge(table, percentile):
    """Every target with what was reached."""
    ours, wiki = "commonhold", "mediawiki"
    median = table.median
    judged = Judge()
    five, big = "1 GiB in 5 MiB", "1 GiB in 64 MiB"
    judged.line(
        "1 GiB in 5 MiB chunks, speed to MediaWiki's", "15 or more",
        ratio(median(wiki, five), median(ours, five)), times, lambda v: v >= 15,
    )
    judged.line(
        "1 GiB in 64 MiB chunks, speed to nginx PUT + fsync", "0.9 or more",
        ratio(median("nginx PUT + fsync", big), median(ours, big)), times, lambda v: v >= 0.9,
    )
    judged.line(
        "1 GiB in 64 MiB chunks, speed to rustus --force-fsync", "1.5 or more",
        ratio(median("rustus --force-fsync", big), median(ours, big)), times, lambda v: v >= 1.5,
    )
    ends = [value for size in ENDS for value in table.all(ours, f"end of {size} MiB")]
    judged.line(
        f"last chunk (1 MiB) and publish, 16 MiB to 4 GiB, 99 % of {len(ends)}", "30 ms or less",
        percentile(ends, 0.99) if ends else None, milliseconds, lambda v: v <= 0.03,
    )
    judged.line(
        "the same, more per GiB", "1 ms or less", slope(table, ours), milliseconds, lambda v: v <= 0.001,
    )
    judged.line(
        "the same at 1 GiB, speed to MediaWiki's", "100 or more",
        ratio(median(wiki, "end of 1024 MiB"), median(ours, "end of 1024 MiB")), times, lambda v: v >= 100,
    )
    rate = median(ours, "10 KB per second")
    judged.line(
        "10 KB files over 16 connections, rate to MediaWiki's", "100 or more",
        ratio(rate, median(wiki, "10 KB per second")), times, lambda v: v >= 100,
    )
    judged.line("the same, files per second", "3000", rate, lambda v: f"{v:.0f}", lambda v: v >= 3000)
    for name in (five, big):
        judged.line(
            f"bytes written per byte, {name} chunks", "1.05 or less", median(ours, f"written, {name}"),
            lambda v: f"{v:.3f}", lambda v: v <= 1.05,
        )
    peaks = table.all(ours, "crowd peak")
    judged.line(
        "100 chunked uploads at a time, peak memory", "below 150 MiB", max(peaks, default=None),
        lambda v: f"{v:.0f} MiB", lambda v: v < 150,
    )
    return judged.lines


def milliseconds(seconds):
    """For a cell."""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


#: How values are written, by a word in what they measure; times, where there is none.
FORMS = {"per second": lambda v: f"{v:.0f}", "syncs": lambda v: f"{v:.2f}", "written": lambda v: f"{v:.3f}",
         "peak": lambda v: f"{v:.0f} MiB", "refused": lambda v: f"{v:.1%}", "MB/s": lambda v: f"{v:.0f}"}


def figures(table, forms=None):
    """All medians, a line for each measure."""
    forms = forms or FORMS
    peers = list(table.versions)
    measures = list(dict.fromkeys(measure for _, measure in table.figures))
    lines = [f"| | {' | '.join(peers)} |", f"| --- |{' ---: |' * len(peers)}"]
    for measure in sorted(measures):
        form = next((f for word, f in forms.items() if word in measure), milliseconds)
        cells = []
        for peer in peers:
            values = table.all(peer, measure)
            if not values:
                cells.append("")
                continue
            text = form(statistics.median(values))
            if len(values) > 1:
                text += f" ({form(min(values))} to {form(max(values))})"
            cells.append(text)
        lines.append(f"| {measure} | {' | '.join(cells)} |")
    return lines


def head(table, circumstances, note, title, script):
    """How a report begins: what was measured, where, and how to repeat it."""
    others = circumstances["others"]
    busy = "The machine had nothing else to do."
    if others > 0.05:
        busy = (
            f"**The machine was busy**: other programs took {others:.0%} of its processors throughout, and their share "
            "of the disk besides. Ratios of what is measured a minute apart are rough then, and absolute figures too "
            "low."
        )
    lines = [
        f"# {title}",
        "",
        f"Written by `bench/{script}`; README.md beside this file says what is measured and how.",
        "",
        f"- {circumstances['processor']}, {circumstances['memory']}, Linux {circumstances['kernel']}, "
        f"{circumstances['file system']}",
        f"- {circumstances['began']}; load {circumstances['load']}",
        f"- {busy}",
    ]
    if note:
        lines.append(f"- {note}")
    return [
        *lines,
        "- " + ", ".join(f"{peer} {version}" for peer, version in table.versions.items()),
        *(f"- skipped: {peer}, {why}" for peer, why in table.skipped.items()),
        "",
        "To repeat it:",
        "",
        "```console",
        "$ bench/install_peers.sh",
        "$ cargo build --release",
        f"$ {circumstances['command']}",
        "```",
        "",
    ]


def whole(head_lines, targets, explanation, figure_lines):
    """The whole file."""
    lines = [
        *head_lines,
        "## Targets",
        "",
        "| | target | reached | met |",
        "| --- | --- | ---: | --- |",
        *targets,
        "",
        "## Figures",
        "",
        explanation,
        "",
        *figure_lines,
        "",
    ]
    return "\n".join(lines)


def write(table, circumstances, options, percentile):
    """RESULTS.md."""
    explanation = (
        f"Medians, with the least and the most; {options.runs} runs of each, fewer of MediaWiki's big files and as many "
        "of an upload's end as the table of targets says."
    )
    top = head(table, circumstances, options.note, "Results", "run.py")
    return whole(top, judge(table, percentile), explanation, figures(table))
