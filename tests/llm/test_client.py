"""The client against a server that fails: nothing lost, nothing doubled, order kept, nothing paid for twice."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from florey.errors import BadInput
from florey.llm import pacing
from florey.llm.client import WINDOW, LlmClient, open_client, run
from florey.llm.openai_server import OpenAIServer
from florey.llm.requests import Answer, Failure, Message, Request
from florey.llm.settings import LlmSettings

KEY = "sk-planted-0123456789"
SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}


def request(text: str, **fields: Any) -> Request:
    return Request((Message(role="user", content=text),), **fields)


def settings(url: str, **fields: Any) -> LlmSettings:
    return LlmSettings(**{"model": "m", "base_url": url, "timeout_s": 20, **fields})


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "FIRST_WAIT_S", 0.01)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def ask(given: LlmSettings, *requests: Request) -> tuple[list[Answer | Failure], dict[str, Any]]:
    async def work(client: LlmClient) -> tuple[list[Answer | Failure], dict[str, Any]]:
        return await client.ask_many(requests), client.accounting.summary(given)

    return run(given, work)


def test_ten_thousand_items_at_twenty_percent_faults(scripted_llm: Any, tmp_path: Path) -> None:
    quick = ("500", "429", "cut body", "cut stream", "malformed")
    server = scripted_llm(process=True, fault_rate=0.2, latency_s=0.002, faults=quick * 4 + ("timeout",))
    given = settings(server.url, max_concurrency=256, timeout_s=2, max_retries=12, cache=tmp_path / "cache")
    requests = [request(f"item {i}") for i in range(10_000)]
    done: list[int] = []

    async def work(client: LlmClient) -> tuple[list[Answer | Failure], dict[str, Any]]:
        outcomes = await client.ask_many(iter(requests), lambda index, _: done.append(index))
        return outcomes, client.accounting.summary(given)

    outcomes, summary = run(given, work)
    assert [outcome.text for outcome in outcomes] == [f"answer to item {i}" for i in range(10_000)]
    assert sorted(done) == list(range(10_000))
    stats = server.stats()
    assert set(stats["served"].values()) == {1}
    assert summary["answers"] == summary["replies"] == stats["met"].pop("ok") == len(stats["served"]) == 10_000
    assert min(stats["met"].values()) > 50
    assert len(stats["met"]) == 6
    assert summary["calls"] == 10_000 + summary["retries"] == sum(stats["asked"].values())
    again, summary = ask(given, *requests)
    assert [outcome.text for outcome in again] == [outcome.text for outcome in outcomes]
    assert (summary["calls"], summary["cache_hits"]) == (0, 10_000)


CHILD = """
import sys
from pathlib import Path
from florey.llm.client import run
from florey.llm.requests import Request
from florey.llm.settings import LlmSettings
given = LlmSettings(model="m", base_url=sys.argv[1], cache=Path(sys.argv[2]), max_concurrency=32)
requests = [Request(({"role": "user", "content": f"item {i}"},)) for i in range(int(sys.argv[3]))]
run(given, lambda client: client.ask_many(requests, lambda index, outcome: print(index, flush=True)))
"""


def test_what_was_answered_before_kill_9_is_not_asked_again(scripted_llm: Any, tmp_path: Path) -> None:
    server = scripted_llm(process=True, latency_s=0.01)
    command = [sys.executable, "-c", CHILD, server.url, str(tmp_path / "cache"), "1500"]
    answered: set[int] = set()
    for stop_after in (150, 400):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout
            for line in child.stdout:
                answered.add(int(line))
                if len(answered) >= stop_after:
                    child.send_signal(signal.SIGKILL)
                    break
            answered |= {int(line) for line in child.stdout.read().split("\n")[:-1] if line}
    assert 400 <= len(answered) < 1500
    before = server.stats()["asked"]
    given = settings(server.url, cache=tmp_path / "cache", max_concurrency=32)
    outcomes, summary = ask(given, *(request(f"item {i}") for i in range(1500)))
    assert [outcome.text for outcome in outcomes] == [f"answer to item {i}" for i in range(1500)]
    assert summary["cache_hits"] >= len(answered)
    asked = server.stats()["asked"]
    assert not [i for i in answered if asked[f"item {i}"] != before[f"item {i}"]]
    # Only what was worked on at each kill: calls under way, and replies whose rows were not committed yet.
    assert sum(asked.values()) - 1500 <= 2 * WINDOW * 32


@pytest.mark.parametrize("fault", ["500", "503", "429", "cut body", "cut stream", "malformed", "latin-1", "timeout"])
def test_each_fault_is_seen_and_survived(scripted_llm: Any, fault: str) -> None:
    server = scripted_llm(first=(fault, "ok", fault, fault), answer=lambda body: "fièvre")
    given = settings(server.url, timeout_s=0.5 if fault == "timeout" else 20, max_retries=1)
    (answer,), summary = ask(given, request("a"))
    assert isinstance(answer, Answer)
    assert (answer.text, answer.attempts, answer.cached) == ("fièvre", 2, False)
    assert sum(summary["faults"].values()) == summary["retries"] == 1
    (failure, other), summary = ask(given, request("a"), request("b"))
    assert isinstance(failure, Failure)
    assert failure.attempts == 2
    assert summary["failures"] == {failure.kind: 1}
    assert isinstance(other, Answer)


@pytest.mark.parametrize("fault", ["cut body", "cut stream"])
def test_a_server_that_cuts_every_answer_is_a_failure_not_a_wrong_url(scripted_llm: Any, fault: str) -> None:
    (failure,), _ = ask(settings(scripted_llm(first=(fault,)).url, max_retries=0), request("a"))
    assert (failure.kind, failure.attempts) == ("connection", 1)


def test_parameters_that_a_model_refuses_are_sent_its_way_from_then_on(scripted_llm: Any) -> None:
    server = scripted_llm(refuses=("max_tokens", "temperature", "top_p"))
    given = settings(server.url, max_concurrency=1)
    outcomes, summary = ask(given, *(request(str(i), max_tokens=9, schema=SCHEMA) for i in range(4)))
    assert [outcome.parsed for outcome in outcomes] == [{"answer": f"answer to {i}"} for i in range(4)]
    stats = server.stats()
    assert stats["asked"] == {"0": 4, "1": 1, "2": 1, "3": 1}
    assert stats["last"]["max_completion_tokens"] == 9
    assert not {"max_tokens", "temperature", "top_p"} & stats["last"].keys()
    assert (summary["calls"], summary["faults"]) == (4, {})
    together, _ = ask(settings(server.url, max_concurrency=8), *(request(f"b{i}") for i in range(20)))
    assert [outcome.text for outcome in together] == [f"answer to b{i}" for i in range(20)]


def test_a_parameter_that_was_asked_for_is_never_left_out(scripted_llm: Any) -> None:
    for name, value in (("temperature", 0.7), ("top_p", 0.5), ("seed", 3)):
        server = scripted_llm(refuses=(name,))
        given = settings(server.url, max_concurrency=1)
        with pytest.raises(
            BadInput, match=rf"does not take {name} {value} \(HTTP 400: Unsupported value.*{name} at its"
        ):
            ask(given, request("default"), request("asked for", **{name: value}))
        assert server.stats()["served"] == {"default": 1}


@pytest.mark.parametrize(("fault", "kind"), [("400", "rejected"), ("refused", "refused")])
def test_what_waiting_cannot_mend_is_not_tried_again(scripted_llm: Any, fault: str, kind: str) -> None:
    server = scripted_llm(first=(fault,))
    (failure,), summary = ask(settings(server.url), request("a"))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.attempts, summary["calls"]) == (kind, 1, 1)


def test_the_sample_index_tells_trials_apart(scripted_llm: Any, tmp_path: Path) -> None:
    count = iter(range(100))
    server = scripted_llm(answer=lambda body: f"trial {next(count)}")
    given = settings(server.url, cache=tmp_path / "cache", max_concurrency=1)
    trials = [request("a", sample=i, temperature=1.0) for i in range(5)]
    outcomes, summary = ask(given, *trials, *trials)
    assert len({outcome.text for outcome in outcomes}) == summary["calls"] == 5
    assert [outcome.text for outcome in outcomes[:5]] == [outcome.text for outcome in outcomes[5:]]
    for changed in ({"temperature": 0.5}, {"max_tokens": 5}, {"top_p": 0.5}, {"seed": 1}, {"schema": SCHEMA}):
        _, summary = ask(given, request("a", **changed))
        assert summary["calls"] >= 1, changed
    _, summary = ask(given.model_copy(update={"model": "other"}), request("a", temperature=1.0))
    assert summary["calls"] == 1


def test_equal_requests_under_way_are_asked_once_and_survive_a_cancelled_asker(scripted_llm: Any) -> None:
    server = scripted_llm(latency_s=0.2)

    async def work(client: LlmClient) -> list[Any]:
        asking = [asyncio.create_task(client.ask(request("a"))) for _ in range(10)]
        await asyncio.sleep(0.05)
        asking[0].cancel()
        return await asyncio.gather(*asking, return_exceptions=True)

    first, *others = run(settings(server.url), work)
    assert isinstance(first, asyncio.CancelledError)
    assert {other.text for other in others} == {"answer to a"}
    assert [other.attempts for other in others].count(1) == 1
    assert server.stats()["asked"] == {"a": 2}  # the cancelled call and the one in its place


def test_what_the_user_must_mend_is_named(scripted_llm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    url = scripted_llm(key=KEY, model="teacher-large").url
    with pytest.raises(BadInput, match=r"OPENAI_API_KEY is not set \(HTTP 401"):
        ask(settings(url), request("a"))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(BadInput, match=r"no model 'teacher-larg' \(did you mean 'teacher-large'\?\)"):
        ask(settings(url, model="teacher-larg"), request("a"))
    with pytest.raises(BadInput, match="no chat completions there; expected a base_url that ends in /v1"):
        ask(settings(url.removesuffix("/v1")), request("a"))
    with pytest.raises(BadInput, match="is it running, and is base_url right"):
        ask(settings("http://127.0.0.1:9/v1", max_retries=1), request("a"))
    for wrong in ("127.0.0.1:80", "ftp://a/v1"):
        with pytest.raises(BadInput, match=f"base_url '{wrong}': expected http://"):
            open_client(settings(wrong))


def test_the_key_reaches_nothing_that_is_kept_or_shown(
    scripted_llm: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    shown: list[str] = []
    leaky = scripted_llm(first=("500", "400"), answer=lambda body: f"you sent {KEY}")
    refusing = scripted_llm(key="another-key")
    given = settings(leaky.url, cache=tmp_path / "cache", max_retries=1)
    for _ in range(3):
        shown.append(repr(ask(given, request("a"))))
    assert "[key]" in shown[0]  # a 400 that repeats the header
    assert "you sent [key]" in shown[1]
    with pytest.raises(BadInput) as refused:
        ask(settings(refusing.url), request("a"))
    for wrong in ({"api_key_env": KEY}, {"base_url": f"http://u:{KEY}@h/v1"}, {"base_url": f"http://h/v1?k={KEY}"}):
        with pytest.raises(BadInput) as refused_early:
            open_client(settings("http://h/v1", **wrong) if "base_url" not in wrong else settings(**_url(wrong)))
        shown.append(str(refused_early.value))
    error: BaseException | None = refused.value
    while error is not None:  # nothing hangs on the exception either
        shown.append(repr(error) + repr(vars(error)))
        error = error.__cause__ or error.__context__
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\x07")
    with pytest.raises(BadInput, match="holds no key") as unprintable:
        open_client(settings("http://h/v1"))
    shown += [str(unprintable.value), repr(given), given.model_dump_json(), caplog.text, *capfd.readouterr()]
    assert not [text for text in shown if KEY in text]
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if KEY.encode() in path.read_bytes()]


def _url(wrong: dict[str, str]) -> dict[str, str]:
    return {"url": wrong["base_url"]}


def test_replay_answers_from_the_cache_alone(scripted_llm: Any, tmp_path: Path) -> None:
    given = settings(scripted_llm().url, cache=tmp_path / "cache")
    ask(given, request("a"))
    replay = settings("http://127.0.0.1:9/v1", cache=tmp_path / "cache", replay=True)
    (kept, missing), summary = ask(replay, request("a"), request("b", sample=3))
    assert isinstance(kept, Answer)
    assert (kept.text, kept.cached, kept.attempts) == ("answer to a", True, 0)
    assert isinstance(missing, Failure)
    assert "'b'…, sample 3" in missing.reason
    assert (summary["calls"], summary["failures"]) == (0, {"not cached": 1})
    with pytest.raises(BadInput, match=r"no cache .*elsewhere"):
        open_client(replay.model_copy(update={"cache": tmp_path / "elsewhere"}))
    with pytest.raises(ValueError, match="replay answers from the cache alone"):
        LlmSettings(model="m", replay=True)


def test_damaged_rows_are_asked_again_and_said(scripted_llm: Any, tmp_path: Path) -> None:
    given = settings(scripted_llm().url, cache=tmp_path / "cache")
    requests = [request(str(i)) for i in range(3)]
    _, summary = ask(given, *requests)
    assert summary["damaged_rows"] == 0
    with sqlite3.connect(tmp_path / "cache") as raw:
        raw.execute("UPDATE replies SET checksum = checksum + 1 WHERE key IN (SELECT key FROM replies LIMIT 2)")
    raw.close()
    outcomes, summary = ask(given, *requests)
    assert [outcome.text for outcome in outcomes] == [f"answer to {i}" for i in range(3)]
    assert (summary["damaged_rows"], summary["calls"], summary["cache_hits"]) == (2, 2, 1)


def test_a_plan_before_and_the_spending_after(scripted_llm: Any, tmp_path: Path) -> None:
    given = settings(scripted_llm().url, cache=tmp_path / "cache", price_in=1.0, price_out=10.0)
    requests = [
        request("x" * 400, max_tokens=100),
        request("y" * 400, max_tokens=100),
        request("x" * 400, max_tokens=100),
    ]

    async def work(client: LlmClient) -> tuple[Any, Any, dict[str, Any]]:
        before = client.plan(requests)
        await client.ask_many(requests[:1])
        return before, client.plan(requests), client.accounting.summary(given)

    before, after, summary = run(given, work)
    assert (before.requests, before.cached, before.to_ask) == (3, 1, 2)
    assert (before.prompt_tokens, before.completion_tokens) == (208, 200)
    assert before.cost == pytest.approx((208 + 2000) / 1e6)
    assert (after.to_ask, after.prompt_tokens) == (1, 104)
    assert (summary["prompt_tokens"], summary["completion_tokens"]) == (400, 410)
    assert summary["cost"] == pytest.approx((400 + 4100) / 1e6)


def test_a_schema_is_sent_validated_and_asked_for_again(scripted_llm: Any, tmp_path: Path) -> None:
    server = scripted_llm(first=("bad json",))
    given = settings(server.url, cache=tmp_path / "cache")
    (answer,), summary = ask(given, request("a", schema=SCHEMA))
    assert isinstance(answer, Answer)
    assert (answer.parsed, answer.attempts, summary["reasks"]) == ({"answer": "answer to a"}, 2, 1)
    assert answer.usage.completion_tokens == summary["completion_tokens"] > 30  # both calls
    last = server.stats()["last"]
    assert last["response_format"]["json_schema"]["schema"] == SCHEMA
    assert "does not hold to the JSON Schema: it is not JSON" in last["messages"][2]["content"]
    (again,), summary = ask(given, request("a", schema=SCHEMA))
    assert (again.parsed, again.cached, summary["calls"], summary["reasks"]) == (answer.parsed, True, 0, 0)


def test_an_answer_that_never_holds_is_a_failure(scripted_llm: Any) -> None:
    server = scripted_llm(answer=lambda body: '{"answer": 3}')
    (failure,), summary = ask(settings(server.url, max_reasks=2), request("a", schema=SCHEMA))
    assert isinstance(failure, Failure)
    assert failure.reason.endswith("at $.answer: 3 is not of type 'string'")
    assert (failure.kind, failure.attempts, summary["failures"]) == ("schema", 3, {"schema": 1})


def test_a_server_without_schemas_is_asked_in_words_from_then_on(scripted_llm: Any) -> None:
    server = scripted_llm(schemas=False, answer=lambda body: 'Here:\n```json\n{"answer": "b",}\n```')
    requests = [request(str(i), schema=SCHEMA) for i in range(5)]
    outcomes, _ = ask(settings(server.url, max_concurrency=1), *requests)
    assert [outcome.parsed for outcome in outcomes] == [{"answer": "b"}] * 5
    stats = server.stats()
    assert Counter(stats["asked"].values())[1] >= 3
    assert json.dumps(SCHEMA) in stats["last"]["messages"][0]["content"]
    (failure,), _ = ask(settings(server.url, schema_mode="server"), requests[0])
    assert (failure.kind, failure.attempts) == ("rejected", 1)
    with pytest.raises(BadInput, match=r"not a JSON Schema: at \$.type"):
        ask(settings(server.url), request("a", schema={"type": "thing"}))


def test_schema_constrained_decoding_on_a_real_server(local_llm: str, tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "properties": {"disease": {"enum": ["measles", "asthma"]}, "sure": {"type": "boolean"}},
        "required": ["disease", "sure"],
        "additionalProperties": False,
    }
    texts = ("Koplik spots and a rash.", "Wheezing at night.")
    requests = [request(f"{text} Which disease?", schema=schema, max_tokens=60) for text in texts]
    given = settings(local_llm, model="smollm2", cache=tmp_path / "cache", timeout_s=120, schema_mode="server")
    outcomes, summary = ask(given, *requests, request("Say hello.", max_tokens=3))
    assert [outcome.parsed["disease"] in ("measles", "asthma") for outcome in outcomes[:2]] == [True, True]
    assert outcomes[2].finish == "length"
    assert summary["completion_tokens"] > 10


def test_importing_the_client_is_quick_enough_for_help() -> None:
    code = "import sys, florey.llm.client; print([m for m in ('openai', 'jsonschema', 'httpx2') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_a_server_that_was_never_there_is_given_up_soon() -> None:
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    async def work() -> None:
        given = settings("http://127.0.0.1:9/v1", max_retries=50)
        client = LlmClient(OpenAIServer(given), given, sleep=wait)
        try:
            await client.ask(request("a"))
        finally:
            await client.close()

    with pytest.raises(BadInput, match="no answer from the server"):
        asyncio.run(work())
    assert len(waits) == 2


def test_without_a_time_set_a_long_budget_is_waited_for(scripted_llm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a long thought would be cut by the clock, again and again."""
    monkeypatch.setattr("florey.llm.openai_server.SHORTEST_S", 0.05)
    monkeypatch.setattr("florey.llm.openai_server.SLOWEST", 100.0)
    server = scripted_llm(latency_s=0.5)
    given = LlmSettings(model="m", base_url=server.url, max_retries=0)
    (short, long), _ = ask(given, request("short", max_tokens=1), request("long", max_tokens=10_000))
    assert isinstance(short, Failure) and short.reason == "no whole answer within 0.05 s"
    assert isinstance(long, Answer)


def test_what_takes_several_requests_keeps_the_order_and_ends_with_the_first_error(scripted_llm: Any) -> None:
    server = scripted_llm()

    async def work(client: LlmClient) -> tuple[list[str], list[int]]:
        done: list[int] = []

        async def twice(item: int) -> str:
            first = await client.ask(request(f"a{item}"))
            second = await client.ask(request(f"b{item}"))
            assert isinstance(first, Answer) and isinstance(second, Answer)
            if item == 100:
                raise BadInput("no such item")
            return f"{first.text}, {second.text}"

        made = await client.each(range(9), twice, lambda index, _: done.append(index))
        with pytest.raises(BadInput):
            await client.each(range(100, 200), twice)
        return made, done

    made, done = run(settings(server.url, max_concurrency=2), work)
    assert made == [f"answer to a{n}, answer to b{n}" for n in range(9)] and sorted(done) == list(range(9))
    assert sum(server.stats()["asked"].values()) < 2 * 9 + 2 * 100


def test_only_what_is_scored_must_have_its_whole_budget(scripted_llm: Any) -> None:
    server = scripted_llm(answer=lambda body: {"message": {"content": "cut"}, "finish_reason": "length"})
    (plain, scored, whole), _ = ask(
        settings(server.url), request("a"), request("a", measured=True), request("a", measured=True, max_tokens=3)
    )
    assert isinstance(plain, Answer) and isinstance(whole, Answer)
    assert isinstance(scored, Failure) and scored.kind == "context"
