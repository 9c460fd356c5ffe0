"""Calls to a model from the machines of a cluster: the answers of one machine, faults and all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.cli.test_distill_command import asked, speak

from florey.cli.teaching import distill
from florey.errors import BadInput
from florey.files import write_jsonl
from florey.llm.client import LlmClient, open_client
from florey.llm.on_ray import RayBackend
from florey.llm.openai_server import OpenAIServer
from florey.llm.requests import Answer, Message, Request
from florey.llm.settings import LlmSettings

pytestmark = pytest.mark.slow
REQUESTS = [Request((Message(role="user", content=f"number {n}"),), max_tokens=8) for n in range(16)]


def answers(client: LlmClient) -> list[str]:
    async def work() -> list[str]:
        async with client:
            found = await client.ask_many(REQUESTS)
        return [each.text if isinstance(each, Answer) else f"{each.kind}" for each in found]

    return asyncio.run(work())


def test_the_same_answers_with_one_call_in_five_failing(cluster: str, scripted_llm: Callable[..., Any]) -> None:
    server = scripted_llm(fault_rate=0.25)
    settings = LlmSettings(model="m", base_url=server.url, max_concurrency=8, max_retries=20)
    here = answers(open_client(settings))
    there = LlmClient(RayBackend("m", OpenAIServer, settings, cluster), settings)
    assert answers(there) == here and "number 7" in here[7]
    assert there.accounting.retries > 0 and there.accounting.calls > len(REQUESTS)


def test_what_no_waiting_mends_is_said(cluster: str) -> None:
    settings = LlmSettings(model="m", base_url="http://127.0.0.1:9/v1", max_concurrency=2)
    with pytest.raises(BadInput, match="is it running, and is base_url right"):
        answers(LlmClient(RayBackend("m", OpenAIServer, settings, cluster), settings))


def test_traces_are_the_same_bytes(cluster: str, tmp_path: Path, scripted_llm: Callable[..., Any]) -> None:
    write_jsonl(tmp_path / "q.jsonl", [asked(number) for number in range(6)])
    server = scripted_llm(answer=speak)
    made = {}
    for name, more in (("here", ()), ("there", ("--ray", cluster))):
        command = [str(tmp_path / "q.jsonl"), "--out", str(tmp_path / f"{name}.jsonl"), "--samples", "2", *more]
        found = CliRunner().invoke(distill, [*command, "--llm-url", server.url, "--llm-model", "m"])
        assert found.exit_code == 0, found.output
        made[name] = [(tmp_path / f"{name}.jsonl{end}").read_bytes() for end in ("", ".attempts.jsonl")]
    assert made["there"] == made["here"]
