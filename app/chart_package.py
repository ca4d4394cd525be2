"""All charts of the report in one zip: each as PNG and SVG with its words, and the numbers behind it as CSV."""

from __future__ import annotations

from collections.abc import Mapping

from app import report_tables as tables
from app.chart_files import chart_png, chart_svg, file_stem, rows_csv
from app.job import Job
from app.open_data import zipped
from app.report_figures import Picture, report_pictures
from app.report_tables import Words


def report_charts(job: Job) -> dict[str, tuple[Picture, Words]]:
    """The charts of the report by name, each with its table."""
    shown = tables.breakdowns(job)
    pictures = report_pictures(job, shown, job.cascade.eligible_hours is not None)
    words = {
        "cascade": tables.cascade_words(job),
        "hour": tables.hour_words(job, shown["hour_of_week"]),
        **{key: tables.time_words(job, key, shown[key]) for key in ("category", "initiated_by", "area")},
    }
    return {name: (picture, words[name]) for name, picture in pictures.items()}


def chart_package(charts: Mapping[str, tuple[Picture, Words]], source: str) -> bytes:
    """A zip with three files for each chart. source: the line below each drawing."""
    files: dict[str, bytes] = {}
    for number, (picture, words) in enumerate(charts.values(), 1):
        stem = f"{number:02d}-{file_stem(words.caption)}"
        definition = f"{words.caption}. {picture.reading}".strip()
        files[f"{stem}.png"] = chart_png(picture.chart, picture.finding, definition, source)
        files[f"{stem}.svg"] = chart_svg(picture.chart, picture.finding, definition, source)
        files[f"{stem}.csv"] = rows_csv((words.columns, *words.rows))
    return zipped(files)
