"""A farm whose hosts get lost in the middle of a run: see `tests.chaos.three_hosts`."""

from __future__ import annotations

import re

import pytest

from farm.board.backends.fake import SCRIPT_VARIABLE, Script
from farm.core.verdicts import Reason
from tests.chaos.ledger import audit
from tests.chaos.three_hosts import IMPATIENT, Losses
from tests.farm.cluster.network import network

pytest.importorskip("aiohttp", reason="a farm of several hosts needs ray[default]: uv run --all-groups pytest")

VECTORS = 260
EXPECTED = {"can run": frozenset({"validated", "flaky"}), "fits no board": frozenset({"not_run"})}


@pytest.mark.ray
def test_hosts_are_cut_off_come_back_and_die_and_nothing_is_lost() -> None:
    each = {"FARM_BOARDS": "fake:n300", "FARM_STORE": "farm.db", SCRIPT_VARIABLE: str(Script(seconds=0.25))}
    with network({"alpha": {**each, **IMPATIENT}, "beta": each, "gamma": each}) as hosts:
        losses = Losses(hosts)
        losses.begin(f"--suite model_traced --limit {VECTORS}")
        code, said = losses.lose_hosts()
        assert code == 3, said
        assert re.search(r"farm: run \S+ goes on\n", said), said
        assert "C++" not in said
        assert "StackTrace" not in said
        vectors = losses.view().vectors
        how = {v.vector_id: "fits no board" if v.reason is Reason.UNSATISFIABLE else "can run" for v in vectors}
        assert list(how.values()).count("can run") > VECTORS / 2
        ledger = audit(losses.store, losses.earlier, how, VECTORS, EXPECTED)
        assert [*ledger.lost, *ledger.doubled, *ledger.blamed] == []
