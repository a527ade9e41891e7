# `make` runs the experiment, `make test` the tests, `make help` says what else there is. Everything is installed
# into .venv, nothing elsewhere.
PYTHON ?= python3
PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: help run scenes test lint format schema graph bench test-report test-cluster fuzz lock lesson clean
.DEFAULT_GOAL := run

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@sed -n 's/^ *"""\(.*\): `\(snakemake [^`]*\)`\."""$$/\2|\1/p' workflow/rules/*.smk | awk -F '|' '{printf "%-34s %s\n", $$1, $$2}'

run: .venv/installed ## Run the experiment on the clips that config.yaml names; the default
	.venv/bin/snakemake

scenes: .venv/installed ## Score all methods on rendered clips with the troubles of real footage
	.venv/bin/snakemake scenes

test: lint ## Lint, and run the tests that need neither a browser nor a cluster: make test PYTEST='-m "not slow"'
	.venv/bin/python -m pytest -n auto --dist worksteal $(PYTEST)

# .pre-commit-config.yaml runs the same commands; tests/unit/test_lint.py compares the two.
lint: .venv/installed-test ## Check style, format, types and the workflow's own rules; changes nothing
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/snakefmt --check Snakefile workflow
	.venv/bin/mypy
	.venv/bin/snakemake --lint

format: .venv/installed-test ## Format the code, and correct what ruff can correct
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/snakefmt Snakefile workflow

schema: .venv/installed ## Write what is made of the code: the JSON schema, docs/config.md and docs/claims.md
	PYTHONPATH=workflow/scripts .venv/bin/python -m bgsub.config.write_docs
	PYTHONPATH=workflow/scripts .venv/bin/python -m bgsub.report.claims

# Without the target `all`, which would have an arrow from everything.
graph: .venv/installed ## Draw the graph of the rules, docs/rulegraph.md, which GitHub and many editors show as a picture
	@printf '# The rules, and what follows from what\n\nFor the rendered clip, by `make graph`.\n\n```mermaid\nflowchart TB\n' > docs/rulegraph.md
	.venv/bin/snakemake --quiet all --forceall --config 'run=[demo]' --rulegraph mermaid-js | grep -E '\[|-->' | \
		grep -vE 'id0(\[|$$)' | sort -V >> docs/rulegraph.md
	@echo '```' >> docs/rulegraph.md

bench: .venv/installed-test ## Measure our fit beside others', on the rendered clip and on one of yours: make bench REAL=clip.mp4
	.venv/bin/snakemake --quiet all --config 'run=[demo]' -- results/demo/frames.npy
	PYTHONPATH=workflow/scripts .venv/bin/python benchmarks/run.py $(if $(REAL),--real "$(REAL)") $(BENCH)

test-report: .venv/installed-test ## Test the pages in Chromium (Debian: apt-get install chromium); leaves pictures of them
	SCREENSHOTS=results/screenshots .venv/bin/python -m pytest tests/report $(PYTEST)

test-cluster: .venv/installed-test ## Test on a SLURM of two nodes on this machine; as root, on Debian (installs munge and SLURM)
	.venv/bin/python -m pytest tests/cluster $(PYTEST)

fuzz: .venv/installed-test ## Try 5,000 damaged and strange inputs; FUZZ_SEED=2 tries others
	.venv/bin/python tests/fuzz/fuzzing.py 5000

lock: ## Compile the pinned requirements anew from pyproject.toml; needs uv
	uv pip compile pyproject.toml --universal --generate-hashes --no-header --upgrade -o requirements.txt
	uv pip compile --group pyproject.toml:test -c requirements.txt --universal --generate-hashes --no-header \
		--upgrade -o requirements-test.txt
	uv pip compile --group pyproject.toml:lesson -c requirements.txt --universal --generate-hashes --no-header \
		--upgrade -o requirements-lesson.txt

lesson: .venv/installed-lesson ## Execute the lesson on the rendered clip, or on yours: make lesson CLIP=kitchen CONFIG=mine.yaml
	PATH="$(CURDIR)/.venv/bin:$$PATH" snakemake results/$(or $(CLIP),demo)/lesson.html $(if $(CONFIG),--configfile $(CONFIG))
	@echo "The lesson is in results/$(or $(CLIP),demo)/lesson.html, and as a notebook beside it"

clean: ## Delete the environment and all results; leaves data/, which holds what was downloaded
	rm -rf .venv .snakemake results

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/installed: requirements.txt .venv/bin/python
	@echo "Installing requirements.txt into .venv, which takes a minute or two, once"
	$(PIP) --requirement requirements.txt
	@touch $@

.venv/installed-test: requirements-test.txt .venv/installed
	$(PIP) --requirement requirements-test.txt
	@touch $@

.venv/installed-lesson: requirements-lesson.txt .venv/installed
	$(PIP) --requirement requirements-lesson.txt
	@touch $@
