"""A bar plot in SVG, written by hand: one group for each kind of work, bars relative to nginx."""
from html import escape

COLOURS = {"Tandem": "#e07a1f", "nginx": "#2f7d4f", "h2o": "#3b6fb6", "Caddy": "#8a94a6"}
WIDTH, LEFT, BAR, GAP, TOP = 900, 360, 18, 30, 74
REFERENCE = "nginx"


def bars(rows, results, subtitle):
    """The plot as text. A group without the reference server is left out, since it has no scale."""
    groups = [(row.title, results[row.key]) for row in rows if REFERENCE in results.get(row.key, {})]
    largest = max((value["per_cpu_second"] / found[REFERENCE]["per_cpu_second"]
                   for _, found in groups for value in found.values()), default=1)
    scale = (WIDTH - LEFT - 150) / largest
    parts, y = [], TOP
    for title, found in groups:
        base = found[REFERENCE]["per_cpu_second"]
        parts.append(text(LEFT - 14, y + len(found) * BAR / 2 + 5, title, anchor="end"))
        for name, value in found.items():
            share = value["per_cpu_second"] / base
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{share * scale:.1f}" height="{BAR - 3}" rx="2" '
                         f'fill="{COLOURS.get(name, "#999999")}"/>')
            parts.append(text(LEFT + share * scale + 7, y + 12, f"{name}  {share:.2f} ×  ({value['per_cpu_second']:,.0f})", size=11))
            y += BAR
        y += GAP
    line = f'<path d="M{LEFT + scale:.1f} {TOP - 8}V{y - GAP + 4}" stroke="#2f7d4f" stroke-dasharray="3 4"/>' if groups else ""
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" font-family="system-ui, sans-serif">',
        f'<rect width="{WIDTH}" height="{y}" fill="#ffffff"/>',
        text(24, 32, "Requests per CPU-second of the server, relative to nginx", size=18, weight=600),
        text(24, 52, subtitle, size=11, colour="#667085"), line, *parts, "</svg>", ""])


def text(x, y, words, size=13, anchor="start", weight=400, colour="#1c2333"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" '
            f'fill="{colour}">{escape(words)}</text>')
