"""Which rows of a round are asked next: in the round's own order, or by what is known of each question."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from florey.training.curriculum.groups import Group
from florey.training.curriculum.pass_rates import PassRateConfig, PassRates
from florey.training.curriculum.skipping import SkipConfig, Skipping


class ChoiceConfig(BaseModel):
    """How an adaptive round chooses. `target`: the rate, corrected for guessing, that teaches most."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: float = Field(default=0.4, ge=0, le=1)
    posterior: PassRateConfig | None = PassRateConfig()  # null: chosen at random
    skip: SkipConfig | None = SkipConfig()  # null: nobody is passed over
    replay: float = Field(default=0.1, ge=0, le=1)  # of a part's places for questions it has solved


class Chooser(Protocol):
    """What the engines know of a curriculum's choice."""

    def next(self, count: int) -> list[int]: ...
    def observe(self, groups: Sequence[Group]) -> None: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...
    def metrics(self) -> dict[str, float]: ...


class InOrder:
    """Row after row, from the start again after the last."""

    def __init__(self, rows: int) -> None:
        self.rows, self.at = rows, 0

    def next(self, count: int) -> list[int]:
        chosen = [(self.at + place) % self.rows for place in range(count)]
        self.at += count
        return chosen

    def observe(self, groups: Sequence[Group]) -> None:
        pass

    def state_dict(self) -> dict[str, Any]:
        return {"at": self.at}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.at = state["at"]

    def metrics(self) -> dict[str, float]:
        return {}


def stratum(row: Mapping[str, Any]) -> str:
    """Of questions that are about as hard: tier and kind."""
    return f"{row.get('tier') or ''}/{row.get('metapath') or ''}"


def kept(before: Mapping[str, Any] | None, now: Mapping[str, Any], pool: Collection[str]) -> dict[str, Any]:
    """What is known after a round over a pool: `now` of the pool's questions, what was known before of all others."""
    rates, skipping = now["rates"], now["skipping"]
    if before is None:
        return {"rates": rates, "skipping": skipping}

    def others(known: Mapping[str, Any]) -> dict[str, Any]:
        return {id: value for id, value in known.items() if id not in pool}

    return {
        "rates": {
            "counts": others(before["rates"]["counts"]) | rates["counts"],
            "strata": before["rates"].get("strata", {}) | rates["strata"],
        },
        "skipping": {"runs": others(before["skipping"]["runs"]) | skipping["runs"]},
    }


class Adaptive:
    """Toward the target rate, by draws from the posteriors, part by part.

    A row is one question with its options in one order; a question may have several rows, which take turns. Each draw
    has a random generator of its own, made from the seed and the number of the draw, so that the number is all there
    is to save.
    """

    def __init__(self, rows: Sequence[Mapping[str, Any]], shares: Mapping[str, float], config: ChoiceConfig, seed: int):
        self.config, self.seed = config, seed
        self.rows_of: dict[str, list[int]] = {}
        self.part_of: dict[str, str] = {}
        options: dict[str, int] = {}
        strata: dict[str, str] = {}
        for place, row in enumerate(rows):
            id = row["question_id"]
            self.rows_of.setdefault(id, []).append(place)
            self.part_of[id], options[id], strata[id] = row["part"], len(row["options"]), stratum(row)
        self.ids = sorted(self.rows_of)
        self.rates = PassRates(
            self.ids,
            [options[id] for id in self.ids],
            config.posterior or PassRateConfig(),
            [strata[id] for id in self.ids],
        )
        self.skipping = Skipping(self.ids, config.skip or SkipConfig(keep=1))
        self.members = {
            part: np.asarray([place for place, id in enumerate(self.ids) if self.part_of[id] == part])
            for part in sorted(set(self.part_of.values()))
        }
        wanted = {part: shares.get(part, 0.0) for part in self.members}
        self.shares = wanted if any(wanted.values()) else dict.fromkeys(self.members, 1.0)
        self.draws = 0
        self.visits: dict[str, int] = {}
        self.owed = dict.fromkeys(self.members, 0.0)  # places that a part has a right to and did not get yet
        self.replay_owed = dict.fromkeys(self.members, 0.0)  # of these, for questions it has solved

    def next(self, count: int) -> list[int]:
        rng = np.random.default_rng([self.seed, self.draws])
        self.draws += 1
        chosen: list[int] = []
        for part, places in self._places(count).items():
            chosen += self._of_part(part, places, rng)
        return [self._row(self.ids[place]) for place in rng.permutation(np.asarray(chosen, dtype=np.int64)).tolist()]

    def _places(self, count: int) -> dict[str, int]:
        """By largest debt, so that shares hold over steps where they cannot within one. No question is asked twice in a
        step while another part has some that are not asked: a part too small for its share gives places away."""
        whole = sum(self.shares.values())
        for part, share in self.shares.items():
            self.owed[part] += count * share / whole
        places = dict.fromkeys(self.members, 0)
        for _ in range(count):
            room = [name for name, members in self.members.items() if places[name] < len(members)]
            part = max(room or self.members, key=lambda name: (self.owed[name], name))
            self.owed[part] -= 1
            places[part] += 1
        for part, debt in self.owed.items():  # what was given away is not asked for later
            self.owed[part] = min(max(debt, -1.0), 1.0)
        return places

    def _of_part(self, part: str, count: int, rng: np.random.Generator) -> list[int]:
        """So many questions of a part, each once before any is twice."""
        members, chosen = self.members[part], list[int]()
        while count > len(members):
            chosen += members.tolist()
            count -= len(members)
        solved = members[self.skipping.solved[members]]
        wished = self.replay_owed[part] + self.config.replay * count
        replayed = rng.permutation(solved)[: int(wished)]
        self.replay_owed[part] = min(wished - len(replayed), 1.0)  # small steps add up to a whole place
        left = np.setdiff1d(members, replayed, assume_unique=True)
        far = self._distance(rng)[left] + 2.0 * ~self.skipping.asked(rng)[left]  # who is passed over comes last
        nearest = left[np.argsort(far, kind="stable")[: count - len(replayed)]]
        return [*chosen, *replayed.tolist(), *nearest.tolist()]

    def _distance(self, rng: np.random.Generator) -> Any:
        if self.config.posterior is None:
            return rng.random(len(self.ids))
        return np.abs(self.rates.drawn(rng) - self.config.target)

    def _row(self, id: str) -> int:
        visit = self.visits.get(id, 0)
        self.visits[id] = visit + 1
        return self.rows_of[id][visit % len(self.rows_of[id])]

    def observe(self, groups: Sequence[Group]) -> None:
        for group in groups:
            self.rates.observe(group.question_id, group.right, len(group.correct))
            self.skipping.observe(group)

    def state_dict(self) -> dict[str, Any]:
        return {
            "draws": self.draws,
            "visits": dict(sorted(self.visits.items())),
            "owed": self.owed,
            "replay_owed": self.replay_owed,
            "shares": self.shares,
            **self.knowledge(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.draws, self.visits = state["draws"], dict(state["visits"])
        self.owed, self.replay_owed = dict(state["owed"]), dict(state.get("replay_owed", self.replay_owed))
        self.shares = dict(state["shares"])
        self.learn(state)

    def knowledge(self) -> dict[str, Any]:
        """What is known of the questions, for a later round over another pool."""
        return {"rates": self.rates.state_dict(), "skipping": self.skipping.state_dict()}

    def learn(self, knowledge: Mapping[str, Any]) -> None:
        self.rates.load_state_dict(knowledge["rates"])
        self.skipping.load_state_dict(knowledge["skipping"])

    def metrics(self) -> dict[str, float]:
        return {**self.rates.metrics(), **self.skipping.metrics()}
