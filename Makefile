# `make` runs the experiment, `make test` the tests, `make bench` the benchmark. Everything is installed into
# .venv, nothing elsewhere.
PYTHON ?= python3
PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: run bench test test-cluster test-report format schema lock clean
.DEFAULT_GOAL := run

run: .venv/installed
	.venv/bin/snakemake
	@echo "The report is in results/report.html"

test: .venv/installed-test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/snakefmt --check Snakefile workflow
	.venv/bin/snakemake --lint
	.venv/bin/python -m pytest -n auto $(PYTEST)

# Measures our fit beside others', on the embedded clip and on a real one: make bench REAL=clip.mp4
bench: .venv/installed-test
	.venv/bin/snakemake --quiet all --config 'run=[demo]' -- results/demo/frames.npy
	PYTHONPATH=workflow/scripts .venv/bin/python benchmarks/run.py $(if $(REAL),--real "$(REAL)") $(BENCH)

# The workflow on a SLURM of its own, two nodes on this machine: as root, on Debian (installs munge and SLURM).
test-cluster: .venv/installed-test
	.venv/bin/python -m pytest tests/cluster $(PYTEST)

# Opens the pages in Chromium (Debian: apt-get install chromium) and leaves pictures of them.
test-report: .venv/installed-test
	SCREENSHOTS=results/screenshots .venv/bin/python -m pytest tests/report $(PYTEST)

format: .venv/installed-test
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/snakefmt Snakefile workflow

# Writes what is made of the config's classes: its JSON schema and docs/config.md.
schema: .venv/installed
	PYTHONPATH=workflow/scripts .venv/bin/python -m bgsub.config.write_docs

# Compiles the pinned requirements anew from pyproject.toml; needs uv.
lock:
	uv pip compile pyproject.toml --universal --generate-hashes --no-header --upgrade -o requirements.txt
	uv pip compile --group pyproject.toml:test -c requirements.txt --universal --generate-hashes --no-header \
		--upgrade -o requirements-test.txt

# Leaves data/, which holds what was downloaded.
clean:
	rm -rf .venv .snakemake results

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/installed: requirements.txt .venv/bin/python
	$(PIP) --requirement requirements.txt
	@touch $@

.venv/installed-test: requirements-test.txt .venv/installed
	$(PIP) --requirement requirements-test.txt
	@touch $@
