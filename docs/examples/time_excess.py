#!/usr/bin/env python3
"""Blames the service whose own time grew most: what no child span covers, in the incident against the baseline."""
import json
from collections import defaultdict
from datetime import datetime

LEAD_S = 2  # A rule is evaluated every second over metrics exported every second.


def seconds(text):
    return float(text.removesuffix("s"))


def spans():
    """Every span as (trace, id, parent, service, start, end)."""
    for line in open("traces.jsonl", encoding="utf-8"):
        for resource in json.loads(line)["resourceSpans"]:
            attributes = {a["key"]: a["value"] for a in resource["resource"]["attributes"]}
            service = attributes["service.name"]["stringValue"]
            for scope in resource["scopeSpans"]:
                for s in scope["spans"]:
                    times = int(s["startTimeUnixNano"]) / 1e9, int(s["endTimeUnixNano"]) / 1e9
                    yield s["traceId"], s["spanId"], s.get("parentSpanId", ""), service, *times


def own(start, end, children):
    """The part of a span that no child covers."""
    total, at = 0.0, start
    for begin, finish in sorted(children):
        total += max(0.0, min(begin, end) - at)
        at = max(at, min(finish, end))
    return total + max(0.0, end - at)


alert = json.load(open("alert.json", encoding="utf-8"))["alerts"][0]
notes = alert["annotations"]
lead = LEAD_S + seconds(notes.get("for_s", "0")) + seconds(notes.get("window_s", "0"))
onset = datetime.fromisoformat(alert["startsAt"].replace("Z", "+00:00")).timestamp() - lead

everything = list(spans())
children = defaultdict(list)
for trace, _, parent, _, start, end in everything:
    children[trace, parent].append((start, end))
first, last = min(s[4] for s in everything), max(s[4] for s in everything)
excess = defaultdict(float)
for trace, span, _, service, start, end in everything:
    time = own(start, end, children[trace, span])
    before = start < onset
    excess[service] += -time / (onset - first) if before else time / (last - onset)

ranks = sorted(((value, f"service:{name}") for name, value in excess.items() if value > 0), reverse=True)
if ranks:
    print(json.dumps({"outcome": "cause", "ranks": [{"component": c, "score": v} for v, c in ranks]}))
else:
    print(json.dumps({"outcome": "no_incident"}))
