"""The truth table: what every exported file weighs, answers and takes, beside the run's own networks."""

from __future__ import annotations

from collections.abc import Iterable

from kdstudio.runs.exporting.records import BATCHES, MeasuredFile
from kdstudio.runs.figures import FIGURES, MISSING
from kdstudio.runs.result_tables import ResultTable

TITLE = "Exported files, read back and measured"


def truth_table(rows: Iterable[MeasuredFile]) -> ResultTable:
    """Lay ``rows`` out in words, network by network."""
    rows = list(rows)
    order = {network: place for place, network in enumerate(dict.fromkeys(row.network for row in rows))}
    timed = [f"batch {batch} (ms)" for batch in BATCHES]
    return ResultTable(
        title=TITLE,
        columns=(
            *("network", "file", "runs in"),
            *(
                "size (kB)",
                "parameters",
                "multiply-adds (millions)",
                "test accuracy",
                "agreement",
                "largest difference",
            ),
            *timed,
        ),
        rows=tuple(_cells(row) for row in sorted(rows, key=lambda row: order[row.network])),
        figures=6 + len(timed),
    )


def _cells(row: MeasuredFile) -> tuple[str, ...]:
    return (
        row.network,
        spoken_format(row),
        row.runtime,
        f"{row.size / 1000:,.1f}",
        f"{row.parameters:,}",
        FIGURES["multiply_adds"].single(row.multiply_adds),
        f"{row.accuracy:.2%}",
        f"{row.agreement:.2%}",
        f"{row.largest_difference:.1e}" if row.largest_difference else "0",
        *(_latency(row, batch) for batch in BATCHES),
    )


def spoken_format(row: MeasuredFile) -> str:
    """``ONNX``, ``ONNX, preprocessing``: the format and the options that are switched on."""
    switched_on = (name.replace("_", " ") for name, value in row.format.items() if value is True)
    return ", ".join([row.title, *switched_on])


def _latency(row: MeasuredFile, batch: int) -> str:
    """``0.42 (0.44)``: the median, and the 95th percentile."""
    found = row.latency(batch)
    return f"{1e3 * found.median:.3g} ({1e3 * found.percentile_95:.3g})" if found else MISSING


def measured_how(rows: Iterable[MeasuredFile]) -> str:
    """Say how the figures came about, in two sentences; empty without rows."""
    rows = list(rows)
    if not rows:
        return ""
    threads = " or ".join(str(count) for count in sorted({row.threads for row in rows}))
    images = " or ".join(f"{count:,}" for count in sorted({row.images for row in rows}))
    processors = " and ".join(dict.fromkeys(row.processor for row in rows))
    return (
        f"Every file was read back by its runtime and asked all {images} test images; agreement and "
        f"difference are with the run's network. Latency: median (95th percentile) for one batch, {threads} "
        f"thread{'s' if threads != '1' else ''}, {processors}."
    )
