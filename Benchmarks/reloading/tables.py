"""The outcome as a table, and what the processes held over time as a plot in SVG."""
from comparison.plot import COLOURS, text

WIDTH, LEFT, HEIGHT, GAP, TOP = 900, 80, 130, 46, 84


def table(trials):
    kinds = sorted({kind for trial in trials for kind in trial["seen"]["answers"]})
    head = f"{'':<30}" + "".join(f"{trial['name']:>14} failed  idle reset" for trial in trials)
    lines = [head]
    for kind in kinds + [None]:
        cells = "".join(f"{of(trial, 'answers', kind):>14,} {of(trial, 'failures', kind):>6,} {of(trial, 'idle_resets', kind):>11,}"
                        for trial in trials)
        lines.append(f"{kind or 'all':<30}" + cells)
    for trial in trials:
        taken = trial["change_seconds"]
        words = f"{trial['reloads']} reloads" + (f" and {trial['upgrades']} upgrades" if trial["upgrades"] else "")
        times = f"{taken['median'] * 1000:.0f} ms (median), {taken['worst'] * 1000:.0f} ms (worst)"
        lines.append(f"{trial['name']}: {words}, each in {times}")
        lines.append(f"    {held(trial)}")
    return "\n".join(lines)


def recovery(kills):
    taken, others = kills["recovery_seconds"], len(kills["unexplained"])
    lost = of(kills, "failures") - others
    return (f"{kills['kills']} kills: {of(kills, 'answers'):,} answers, {lost} requests of killed workers failed, {others} others; "
            f"well again after {taken['median']:.2f} s (median), {taken['worst']:.2f} s (worst)")


def of(trial, what, kind=None):
    counts = trial["seen"][what]
    return sum(counts.values()) if kind is None else counts.get(kind, 0)


def held(trial):
    samples = trial["samples"]
    third = max(len(samples) // 3, 1)
    first, last = samples[:third], samples[-third:]

    def middle(part, column):
        return sorted(one[column] for one in part)[len(part) // 2]

    return (f"median of the first and the last third: processes {middle(first, 1)} → {middle(last, 1)}, descriptors "
            f"{middle(first, 2)} → {middle(last, 2)}, memory {middle(first, 3) / 2**20:.0f} → {middle(last, 3) / 2**20:.0f} MB")


def plot(trials, subtitle):
    """Three panels over time: descriptors, memory, processes; a line for each server."""
    panels = [("descriptors", 2, 1), ("memory of their own, MB", 3, 2**20), ("processes", 1, 1)]
    longest = max((trial["samples"][-1][0] for trial in trials if trial["samples"]), default=1)
    parts, y = [], TOP
    for title, column, unit in panels:
        most = max((one[column] / unit for trial in trials for one in trial["samples"]), default=1) * 1.1
        parts.append(text(LEFT, y - 8, title))
        parts.append(f'<path d="M{LEFT} {y}V{y + HEIGHT}H{WIDTH - 20}" stroke="#98a2b3" fill="none"/>')
        parts.append(text(LEFT - 8, y + 5, f"{most:,.0f}", size=11, anchor="end"))
        parts.append(text(LEFT - 8, y + HEIGHT + 4, "0", size=11, anchor="end"))
        for trial in trials:
            points = " ".join(f"{LEFT + one[0] / longest * (WIDTH - LEFT - 20):.1f},{y + HEIGHT - one[column] / unit / most * HEIGHT:.1f}"
                              for one in trial["samples"])
            parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[trial["name"]]}" stroke-width="1.5"/>')
        y += HEIGHT + GAP
    parts.append(text(WIDTH - 20, y - GAP + 18, f"{longest:,.0f} s", size=11, anchor="end"))
    for index, trial in enumerate(trials):
        words = f"{trial['name']}: {of(trial, 'failures'):,} of {of(trial, 'answers') + of(trial, 'failures'):,} requests failed"
        parts.append(text(LEFT + index * 400, 66, words, weight=600, colour=COLOURS[trial["name"]]))
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" font-family="system-ui, sans-serif">',
        f'<rect width="{WIDTH}" height="{y}" fill="#ffffff"/>',
        text(24, 30, "Reloads under load", size=18, weight=600), text(24, 48, subtitle, size=11, colour="#667085"), *parts, "</svg>", ""])
