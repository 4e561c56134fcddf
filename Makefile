# Two commands matter: `make up` (the main job, in the lab) and `make test`. `make help` lists the rest.
SHELL := /bin/bash
CLUSTER ?= lab
RUN := .venv/bin
FAST := tests/unit tests/golden tests/reference
N ?= 30
# How often `make cluster-test` kills `up` in Kubernetes' part.
KILLS ?= 0
# Lab tests with a target of their own.
OTHERS := test_up_kill.py test_roll.py test_offline.py test_other_distribution.py test_kubernetes_depot.py test_kubernetes_cluster.py test_kubernetes_kill.py test_kubernetes_three.py test_kubernetes_upgrade.py test_kubernetes_restore.py test_kubernetes_faults.py

.PHONY: help up down test check format lint unit slow-test lab-test fence-test depot depot-test cluster-test cluster-kill-test roll-test kill-test kernel-test molecule bench venv venv-dev packages validators three-test upgrade-test restore-test cluster-fault-test

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

venv:
	@scripts/bootstrap

venv-dev:
	@scripts/bootstrap --dev

packages: venv
	@$(RUN)/rackwright lab packages --install

validators: venv
	@$(RUN)/rackwright lab packages --validators --install

up: venv packages depot ## fill the depot, build the lab, bring the cluster up, prove it, write the report
	@$(RUN)/rackwright lab up $(CLUSTER)
	@$(RUN)/rackwright up $(CLUSTER) --platform-optional

down: venv ## take the lab down; leaves nothing behind
	@$(RUN)/rackwright lab down $(CLUSTER)

test: validators check ## every test: the fast layer, then the lab's with the slow one beside it (root)
	@nice -n 10 $(MAKE) -s slow-test > .slow-test.log 2>&1 & slow=$$!; \
	  $(MAKE) -s lab-test; lab=$$?; wait $$slow; slow=$$?; cat .slow-test.log; exit $$((lab || slow))

check: venv-dev lint unit ## lint, types, unit and golden tests; under three minutes

lint: venv-dev
	@$(RUN)/ruff check src tests benchmarks stacks
	@$(RUN)/ruff format --check --quiet src tests benchmarks stacks
	@$(RUN)/mypy
	@$(RUN)/yamllint --strict .
	@cd $(CURDIR) && PATH="$(CURDIR)/$(RUN):$$PATH" $(RUN)/ansible-lint --offline -q
	@if command -v shellcheck >/dev/null; then shellcheck scripts/bootstrap .ci/run; \
	  else echo "shellcheck: not installed, skipped"; fi

unit: venv-dev
	@timeout 600 $(RUN)/python -m pytest $(FAST) -m "not slow" -n 2 --dist loadfile

slow-test: venv-dev
	@timeout 600 $(RUN)/python -m pytest tests/stacks -n 2 --dist loadfile
	@timeout 600 $(RUN)/python -m pytest $(FAST) -m slow -n 2

lab-test: venv-dev packages
	@timeout 3600 $(RUN)/python -m pytest tests/lab $(OTHERS:%=--ignore tests/lab/%) -p no:cacheprovider --durations 12

fence-test: venv-dev packages ## all roles with the depot as the only peer; clusters with Ubuntu's locks (root)
	@timeout 1800 $(RUN)/python -m pytest tests/lab/test_offline.py tests/lab/test_other_distribution.py -p no:cacheprovider

depot-test: venv-dev packages ## build Kubernetes from Go modules, prove the depot, pull its images; ten minutes the first time (root)
	@timeout 5400 $(RUN)/python -m pytest tests/lab/test_kubernetes_depot.py -p no:cacheprovider -s

depot: venv ## fill the depot with the cluster's Kubernetes, where that can be had; ten minutes the first time
	@$(RUN)/rackwright depot build $(CLUSTER) --optional

cluster-test: venv-dev packages depot ## a cluster with Kubernetes by `up`: nodes, names, services, drift, reruns, etcd (root)
	@RACKWRIGHT_PLATFORM_KILLS=$(KILLS) timeout 3000 $(RUN)/python -m pytest tests/lab/test_kubernetes_cluster.py \
	  $(if $(filter-out 0,$(KILLS)),tests/lab/test_kubernetes_kill.py) -p no:cacheprovider --durations 5 -v -rs

cluster-kill-test: N = 20
cluster-kill-test: venv-dev packages depot ## kill `up` at N random moments of Kubernetes' part: ready nodes, nothing twice (root)
	@RACKWRIGHT_PLATFORM_KILLS=$(N) timeout 14000 $(RUN)/python -m pytest tests/lab/test_kubernetes_kill.py \
	  -p no:cacheprovider -s

three-test: venv-dev packages ## three control-plane servers behind one address; one restarts, is cut off, leaves; the depot must be filled (root)
	@timeout 3600 $(RUN)/python -m pytest tests/lab/test_kubernetes_three.py -p no:cacheprovider -s --durations 5

upgrade-test: venv-dev packages ## Kubernetes from one minor release to the next by `roll`, under a job; both depots filled (root)
	@timeout 3600 $(RUN)/python -m pytest tests/lab/test_kubernetes_upgrade.py -p no:cacheprovider --durations 5

restore-test: venv-dev packages ## etcd's data destroyed, and back from a snapshot; the depot must be filled (root)
	@timeout 2400 $(RUN)/python -m pytest tests/lab/test_kubernetes_restore.py -p no:cacheprovider --durations 5

cluster-fault-test: venv-dev packages ## faults of that cluster, one finding each; the depot must be filled (root)
	@timeout 3600 $(RUN)/python -m pytest tests/lab/test_kubernetes_faults.py -p no:cacheprovider --durations 5

roll-test: venv-dev packages ## roll twelve nodes from one host lock to the next, two of which fail (root)
	@timeout 3600 $(RUN)/python -m pytest tests/lab/test_roll.py -p no:cacheprovider -s

kill-test: venv-dev packages ## kill `up` at N random moments and compare with an uninterrupted run
	@RACKWRIGHT_KILLS=$(N) timeout 10000 $(RUN)/python -m pytest tests/lab/test_up_kill.py -s

kernel-test: venv-dev packages ## what only a kernel of one's own shows: DKMS, module load, Soft-RoCE, VLAN (root, QEMU)
	@$(RUN)/python -m tests.kernel.packages
	@timeout 1500 $(RUN)/python -m pytest tests/kernel -p no:cacheprovider --durations 5

molecule: venv-dev packages ## test the Ansible roles on machines, each step of docs/testing.md; ROLE=nccl: one of them (root)
	@timeout 3000 $(RUN)/python -m tests.molecule $(ROLE)

bench: venv-dev ## the benchmarks; figures in docs/benchmarks.md
	@for each in benchmarks/*.py; do echo "== $$each"; timeout 900 $(RUN)/python "$$each"; done

format: venv-dev ## format the code
	@$(RUN)/ruff check --fix src tests benchmarks stacks
	@$(RUN)/ruff format src tests benchmarks stacks
