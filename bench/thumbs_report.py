"""THUMBS.md from what was measured."""

import machine
import report

OURS, SERVED, MAGICK = "commonhold", "commonhold over HTTP", "ImageMagick"
#: Whose thumbnails are less like the lossless ones than ImageMagick's by more dB is no match for anybody.
WORSE = 1.5

FORMS = {
    "made per second": lambda v: f"{v:.1f}",
    "per second": lambda v: f"{v:.0f}",
    "peak": lambda v: f"{v:.0f} MiB",
    "PSNR": lambda v: f"{v:.1f} dB",
    "detail": lambda v: f"{v:.0%}",
    "size": lambda v: f"{v:.0f} KB",
}


def others(table, width):
    """Peers whose thumbnails are as good as ImageMagick's, without ImageMagick itself."""
    least = table.median(MAGICK, f"{width} px, PSNR") or 0
    likeness = {peer: table.median(peer, f"{width} px, PSNR") for peer in table.versions}
    return [
        peer for peer, psnr in likeness.items()
        if peer not in (OURS, MAGICK) and psnr is not None and psnr >= least - WORSE
    ]


def best(table, measure, peers, choose):
    """The peer with the best median, and this; nobody and None where nothing was measured."""
    found = [(table.median(peer, measure), peer) for peer in peers if table.median(peer, measure) is not None]
    value, peer = choose(found, default=(None, "nobody"))
    return peer, value


def judge(table, sizes):
    """Every target with what was reached."""
    judged = report.Judge()
    median = table.median
    together = f"{machine.processors()} at a time"
    for width, _ in sizes:
        alone, many = f"{width} px", f"{width} px, made per second"
        ours = median(OURS, alone)
        judged.line(
            f"{width} px, one at a time, speed to ImageMagick's", "5 or more",
            report.ratio(median(MAGICK, alone), ours), report.times, lambda v: v >= 5,
        )
        peer, value = best(table, alone, others(table, width), min)
        judged.line(
            f"the same to the best of the others' ({peer})", "1 or more",
            report.ratio(value, ours), report.times, lambda v: v >= 1,
        )
        ours = median(OURS, many)
        judged.line(
            f"{width} px, {together}, rate to ImageMagick's", "5 or more",
            report.ratio(ours, median(MAGICK, many)), report.times, lambda v: v >= 5,
        )
        peer, value = best(table, many, others(table, width), max)
        judged.line(
            f"the same to the best of the others' ({peer})", "1 or more",
            report.ratio(ours, value), report.times, lambda v: v >= 1,
        )
        ours, theirs = median(OURS, f"{width} px, PSNR"), median(MAGICK, f"{width} px, PSNR")
        judged.line(
            f"{width} px, PSNR less ImageMagick's", "-0.5 dB or more",
            ours - theirs if ours is not None and theirs is not None else None,
            lambda v: f"{v:.1f} dB", lambda v: v >= -0.5,
        )
        theirs = median(MAGICK, f"{width} px, detail") or 0
        judged.line(
            f"{width} px, fine detail to the lossless one's", "ImageMagick's to 110 %", median(OURS, f"{width} px, detail"),
            lambda v: f"{v:.0%}", lambda v, least=theirs: least <= v <= 1.1,
        )
    peaks = [value for width, _ in sizes for value in table.all(OURS, f"{width} px, peak")]
    judged.line(
        "peak memory of the process", "below 96 MiB", max(peaks, default=None), lambda v: f"{v:.0f} MiB",
        lambda v: v < 96,
    )
    for width, _ in sizes:
        measure = f"{width} px from the cache, per second"
        judged.line(
            f"{width} px from the cache, rate to nginx", "0.8 or more",
            report.ratio(median(SERVED, measure), median("nginx", measure)), report.times, lambda v: v >= 0.8,
        )
    return judged.lines


def write(table, circumstances, options, sizes):
    """THUMBS.md."""
    explanation = (
        f"Medians, with the least and the most, of {options.images} photographs, {options.judged} where likeness "
        f"and size are concerned. `made per second` is with {machine.processors()} at a time. A `peak` of "
        f"{circumstances['floor']:.0f} MiB or less is that of the script, which its children start with."
    )
    top = report.head(table, circumstances, options.note, "Thumbnails", "thumbs.py")
    return report.whole(top, judge(table, sizes), explanation, report.figures(table, FORMS))
