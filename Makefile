# Two commands on a fresh clone: `make demo` and `make test`. Everything is installed into .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
TORCH := torch==2.13.0
export PYTHONDONTWRITEBYTECODE = 1

.PHONY: help setup torch test test-newest test-slow test-browser attack fuzz coverage demo demo-dear figures docs docs-outputs notebooks data held-out train baselines train-preprint experiments release-data release-weights bench clean

help:
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/ready ## make .venv with nsc and its development tools

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade-strategy only-if-needed -e '.[dev]'
	@echo "building the sandbox's C library (about half a minute, once)"
	$(BIN)/python -c "from nsc.sandbox import warm_up; warm_up()"
	@touch $@

# A CPU build of torch for the training tests. The constraints make a build that wants CUDA packages
# fail to resolve instead of downloading gigabytes; without torch those tests are skipped by name.
torch: .venv/torch ## install the CPU build of torch that the training tests use

.venv/torch: .venv/ready requirements/no-cuda.txt
	@$(BIN)/pip install --quiet --constraint requirements/no-cuda.txt '$(TORCH)' 2> .venv/torch.log \
	  || echo "no CPU build of $(TORCH) to be had: the training tests will be skipped"
	@touch $@

test: .venv/torch ## lint, types and fast tests
	$(BIN)/ruff check src tests examples benchmarks experiments docs/site
	$(BIN)/ruff format --check --quiet src tests examples benchmarks experiments docs/site
	$(BIN)/pyright
	$(BIN)/python -m pytest -n auto --dist loadfile

# The package under the newest Python of this machine besides 3.11, where it has one: the front end, the
# graph, the numbers, the reports and the command line, a minute; the whole suite takes several there.
NEWEST_TESTS := text syntax graph program surrogate report symbolic compilation app/test_cli.py \
  test_errors.py test_refusal.py test_layers.py

test-newest: ## a minute of tests under the newest Python that is here
	@newest=$$(.ci/newest_python); \
	if [ -z "$$newest" ]; then echo "no Python newer than 3.11 is here"; exit; fi; \
	$$newest -m venv .venv-newest && \
	.venv-newest/bin/pip install --quiet -e '.[dev]' && \
	.venv-newest/bin/python -m pytest $(addprefix tests/,$(NEWEST_TESTS))

coverage: .venv/torch ## which lines the fast tests run
	$(BIN)/python -m pytest --cov=nsc --cov-report=term:skip-covered --cov-report=html:out/coverage

attack: .venv/ready ## hostile programs, files and command lines, under 2 GB of memory
	ulimit -d 2097152 && $(BIN)/python -m pytest tests/sandbox tests/text tests/test_damaged_files.py \
	  tests/app/test_odd_input.py tests/app/test_behaviour.py

fuzz: .venv/ready ## signatures and exports of random C against gcc (needs gcc)
	$(BIN)/python benchmarks/fuzz/exports.py
	for seed in 0 1 2 3; do $(BIN)/python benchmarks/fuzz/signatures.py $$seed 500 || exit 1; done

test-slow: .venv/torch ## the tests that take minutes, on a local Ray cluster too
	$(BIN)/pip install --quiet -e '.[ray,hub,docs,sklearn]'
	$(BIN)/python -m pytest -m slow

test-browser: .venv/ready ## the page of nsc play and reports in Chromium, where there is one
	$(BIN)/pip install --quiet -e '.[browser]'
	$(BIN)/python -m pytest -m browser tests/browser

demo: .venv/ready ## compile every example into out/
	$(BIN)/python examples/demo.py

demo-dear: .venv/ready ## compile every program of examples/dear/ into out/
	$(BIN)/python examples/demo.py examples/dear

figures: .venv/ready ## draw the README's figure
	$(BIN)/pip install --quiet 'matplotlib>=3.8'
	$(BIN)/python examples/figure.py

docs: .venv/ready ## build the documentation into out/site, warnings as errors
	$(BIN)/pip install --quiet -e '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build

docs-outputs: .venv/ready ## run the pages' blocks, and write what they print into them
	$(BIN)/python docs/site/blocks.py --update docs/start.md docs/when.md docs/howto/*.md

notebooks: .venv/ready ## execute the notebooks, and store what they print
	$(BIN)/pip install --quiet -e '.[docs]'
	$(BIN)/python docs/site/notebooks.py

PACKAGES := gsl,glibc,musl,newlib,blender,ngspice,r-base,darktable,libnova,netpbm-free,pari,csound,mesa,gegl,imagemagick,$\
  gimp,proj,erfa,libsamplerate,lcms2,speex,wcslib,opus,sox,nlopt,chipmunk,gmt,gts,meschach,aubio

data: .venv/ready ## build the data set of docs/data-card.md (long; needs apt with deb-src)
	$(BIN)/nsc data build debian:$(PACKAGES) --profile wide -o data/exestack
	$(BIN)/nsc data build debian:$(PACKAGES) synthetic:20000 mutate:data/exestack,8 --profile wide -o data/exestack
	$(BIN)/nsc data check data/exestack
	$(BIN)/nsc data info data/exestack --card docs/data-card.md

held-out: .venv/ready ## note anew what the data set's held-out packages compute
	$(BIN)/python -c "from pathlib import Path; from nsc.exestack.dataset.hold_out import write_held_out; \
	  print(write_held_out(Path('data/exestack')), 'names are held out')"

train: .venv/torch ## train the CompNet on programs grown from the data set, and the papers' compiler as long (2 h)
	$(BIN)/nsc train --data data/exestack/train -o data/run --processes 2
	$(MAKE) baselines
	$(BIN)/nsc train --encoder bert --data data/exestack/train -o data/bert --steps 23000 \
	  --learning-rate 1e-3 --schedule linear
	$(BIN)/nsc train --encoder bert --reads dag --data data/exestack/train -o data/control --steps 23000 \
	  --learning-rate 1e-3 --schedule linear
	$(BIN)/nsc evaluate --data data/exestack/validation --compnet data/run/compnet.safetensors

BASELINES := pretrained maml nearest

baselines: .venv/ready ## train the baselines in the package from the data set; after its CompNet (10 min)
	for name in $(BASELINES); do \
	  $(BIN)/nsc train --baseline $$name --data data/exestack/train \
	    -o src/nsc/initial/weights/$$name.safetensors || exit 1; done

train-preprint: .venv/torch ## build the preprint's data set and train its compiler on it (1 h; needs apt with deb-src)
	$(BIN)/nsc data build debian:$(PACKAGES) --profile hybertnet -o data/hybertnet
	$(BIN)/nsc data build debian:$(PACKAGES) synthetic:20000 mutate:data/hybertnet,8 --profile hybertnet -o data/hybertnet
	$(BIN)/nsc train --encoder bert --profile hybertnet --data data/hybertnet/train -o data/hybertnet-run \
	  --seconds 2400 --learning-rate 1e-3 --schedule linear
	$(BIN)/nsc evaluate --data data/hybertnet/test --compnet data/hybertnet-run/compnet.safetensors

experiments: .venv/ready ## the papers' experiments on the held-out programs (half an hour)
	$(BIN)/pip install --quiet -e '.[experiments]'
	$(BIN)/nsc data parrot -o data/parrot
	$(BIN)/nsc bench all --data data --bert data/bert/compnet.safetensors -o results
	$(BIN)/nsc bench data-efficiency --optimizer lm --data data --bert data/bert/compnet.safetensors -o results
	$(BIN)/nsc bench ablations --data data -o results
	$(BIN)/nsc report results
	$(BIN)/python experiments/results_page.py results
	$(BIN)/python experiments/probes/run.py

release-data: .venv/ready ## write the data set as it may be published, with a data card, into out/
	$(BIN)/nsc data release data/exestack -o out/exestack

release-weights: .venv/ready ## write the shipped weights as they may be published, with a model card, into out/
	$(BIN)/nsc release-weights --card docs/model-card.md -o out/weights \
	  $(if $(wildcard data/bert/compnet.safetensors),--bert data/bert/compnet.safetensors)

bench: .venv/torch ## benchmarks against peers
	$(BIN)/pip install --quiet 'scikit-learn>=1.4' 'jax[cpu]>=0.4'
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/finetune_vs_peers/run.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/finetune/lm_vs_adam.py
	$(BIN)/python benchmarks/finetune/run.py
	$(BIN)/python benchmarks/sandbox/run.py
	$(BIN)/python benchmarks/exestack/run.py

clean:
	rm -rf .venv .venv-newest out build dist src/*.egg-info .pytest_cache .ruff_cache
