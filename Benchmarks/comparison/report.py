"""What was found, as a table for people. The first column of ratios is what the design's speed table asks for."""

BASE = "Tandem"


def throughput_table(rows, results):
    """Lines: one row of the comparison each, with requests per CPU-second and Tandem's ratio to each peer."""
    names = list(dict.fromkeys(name for found in results.values() for name in found))
    peers = [name for name in names if name != BASE]
    head = ["requests per CPU-second", *names] + ([f"{BASE} / {peer}" for peer in peers] if BASE in names else []) + ["to reach"]
    lines = [head]
    for row in rows:
        found = results.get(row.key)
        if not found:
            continue
        line = [row.title] + [figure(found[name]["per_cpu_second"]) if name in found else "–" for name in names]
        if BASE in names:
            line += [ratio(found, peer) for peer in peers]
        lines.append(line + [row.goal])
    return columns(lines)


def ratio(found, peer):
    if BASE not in found or peer not in found:
        return "–"
    return f"{found[BASE]['per_cpu_second'] / found[peer]['per_cpu_second']:.2f} ×"


def figure(value):
    return f"{value:,.0f}"


def columns(lines):
    """Left-aligned first and last column, the rest to the right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    last = len(widths) - 1
    return "\n".join(
        "  ".join(cell.ljust(width) if column in (0, last) else cell.rjust(width)
                  for column, (cell, width) in enumerate(zip(line, widths))).rstrip()
        for line in lines)


def facts_table(facts):
    """Lines of `title  value  to reach` for what is no throughput: activation, publishing, memory."""
    return columns([["", "measured", "to reach"]] + [[fact["title"], fact["shown"], fact.get("goal", "")] for fact in facts])
