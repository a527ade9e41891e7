"""Make a page of the executed lesson that needs no network: its formulas are MathML, which browsers show."""

import re

import nbformat
from latex2mathml.converter import convert
from nbconvert import HTMLExporter

from bgsub.files import write_text
from job import run

# nbconvert's own page without the scripts that it would fetch, for formulas, diagrams and widgets.
PAGE = """{% extends 'lab/index.html.j2' %}
{% block html_head_js %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}"""
PREAMBLE = "snakemake-job-properties"  # tag of the cell that Snakemake adds


def main(notebook: str, page: str) -> None:
    lesson = nbformat.read(notebook, as_version=4)
    lesson.cells = [cell for cell in lesson.cells if PREAMBLE not in cell.metadata.get("tags", [])]
    for cell in lesson.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\$\$(.+?)\$\$|\$(.+?)\$", mathml, cell.source, flags=re.DOTALL)
    write_text(page, HTMLExporter(raw_template=PAGE).from_notebook_node(lesson)[0])


def mathml(formula: re.Match) -> str:
    """Return a formula, which is shown by itself or within a line, as MathML."""
    shown, within = formula.groups()
    return convert(shown or within, display="block" if shown else "inline")


if __name__ == "__main__":
    run(main, log=snakemake.log[0], notebook=snakemake.input.notebook, page=snakemake.output.page)
