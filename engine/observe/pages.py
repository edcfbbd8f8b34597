"""The generated pages of specs/ about what operators see: made from the tables that the code runs on."""

from engine.observe.log_events import COMMON, CONCERN, LOG_EVENTS
from engine.observe.metrics import SECONDS, Metrics
from statemachines.diagram import code, markdown_table


def log_events_page() -> str:
    return "\n".join(
        (
            "# Log events\n",
            "Every event that the processor logs, at its level. What holds for all of them stands in "
            "[observation.md](observation.md#logs).\n",
            "A line about a session (marked in the last column) has these fields:\n",
            markdown_table(("field", "meaning"), ((code(name), text) for name, text in CONCERN.items())),
            "And any line, where it applies:\n",
            markdown_table(("field", "meaning"), ((code(name), text) for name, text in COMMON.items())),
            "## Events\n",
            markdown_table(
                ("event", "level", "meaning", "own fields", "about a session"),
                (
                    (
                        code(row.name),
                        row.level,
                        row.meaning,
                        ", ".join(map(code, row.fields)),
                        "yes" if row.concerns else "",
                    )
                    for row in LOG_EVENTS.values()
                ),
            ),
        )
    )


def metrics_page() -> str:
    return "\n".join(
        (
            "# Metrics\n",
            "What `GET /metrics` shows, beside the process's own `process_*` (processor time, memory, open files, "
            "start). How to read them stands in [observation.md](observation.md#metrics).\n",
            markdown_table(
                ("metric", "kind", "labels", "meaning"),
                ((code(row.name), row.kind, ", ".join(map(code, row.labels)), row.meaning) for row in Metrics().table),
            ),
            f"Histograms have buckets up to {', '.join(f'{bound:g}' for bound in SECONDS)} seconds.\n",
        )
    )
