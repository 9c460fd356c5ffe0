"""The options of every command that asks a model: where they lead, what they refuse, and that no key is left behind."""

from __future__ import annotations

import asyncio
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from florey.cli.llm_options import LlmOptions, llm_options
from florey.cli.main import run_cli
from florey.llm.requests import Answer, Message, Request
from florey.llm.settings import LlmSettings

KEY = "sk-planted-0123456789"
DISCOVERY = Path(__file__).parents[1] / "graph/discovery"
TREATS: Callable[[dict[str, Any]], str] = runpy.run_path(str(DISCOVERY / "conftest.py"))["treats"]
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Cli:
    """`florey graph discover` on the invented Wikipedia: exit code, stdout, stderr."""
    for name in ("OPENAI_API_KEY", "MY_KEY"):
        monkeypatch.delenv(name, raising=False)
    dump = runpy.run_path(str(DISCOVERY / "invented.py"))["write_dump"](tmp_path)

    def called(out: Path, *arguments: str) -> tuple[int, str, str]:
        command = ["florey", "graph", "discover", str(dump), "--out", str(out), "--seed", "Wobble fever", *arguments]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as ended:
            run_cli()
        said = capfd.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return called


def options(*arguments: str) -> LlmOptions:
    """As a command receives them."""
    received: list[LlmOptions] = []

    @click.command()
    @llm_options
    def command(llm: LlmOptions) -> None:
        received.append(llm)

    CliRunner().invoke(command, arguments, catch_exceptions=False, standalone_mode=False)
    return received[0]


def test_every_option_reaches_the_settings(tmp_path: Path) -> None:
    given = options(
        *("--llm-url", "https://models.example/v1", "--llm-model", "large", "--llm-key-env", "MY_KEY"),
        *("--llm-concurrency", "3", "--llm-price-in", "1.5", "--llm-price-out", "6"),
        *("--llm-cache", str(tmp_path / "answers"), "--llm-replay"),
    )
    assert given.settings(tmp_path / "default") == LlmSettings(
        model="large",
        base_url="https://models.example/v1",
        api_key_env="MY_KEY",
        max_concurrency=3,
        price_in=1.5,
        price_out=6,
        cache=tmp_path / "answers",
        replay=True,
    )
    assert options("--llm-model", "m").settings(tmp_path / "default") == LlmSettings(
        model="m", cache=tmp_path / "default"
    )
    assert options().settings(tmp_path / "default") is None
    assert options().client(tmp_path / "default") is None


def test_a_model_in_this_process_answers_through_the_client(tmp_path: Path) -> None:
    from florey.training.policy import SmallModel, build_policy

    shape = SmallModel(hidden=16, layers=1, heads=2, feed_forward=32, positions=128, init=0.5)
    network, tokenizer = build_policy(shape, ["Ataxia", "Seizure"], ["fever rash cough pain red blue"], seed=2)
    network.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    given = options("--llm-local", str(tmp_path / "model"))

    async def asked(llm: LlmOptions) -> tuple[Any, dict[str, Any]]:
        client = llm.client(tmp_path / "cache")
        assert client
        async with client:
            message = Message(role="user", content="fever rash")
            return await client.ask(Request((message,), max_tokens=8)), client.accounting.summary(client.settings)

    first, spent = asyncio.run(asked(given))
    assert isinstance(first, Answer) and first.text
    assert (spent["calls"], spent["model"], spent["prompt_tokens"]) == (1, str(tmp_path / "model"), 4)
    again, spent = asyncio.run(asked(options("--llm-local", str(tmp_path / "model"), "--llm-replay")))
    assert (again.text, again.cached, spent["calls"]) == (first.text, True, 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--llm-model", "m", "--llm-concurrency", "0"), "--llm-concurrency"),
        (("--llm-model", "m", "--llm-price-in", "-1"), "--llm-price-in"),
        (("--llm-model", "m", "--llm-price-out", "much"), "--llm-price-out"),
        (("--llm-model", ""), "--llm-model: String should have at least 1 character"),
        (("--llm-url", "http://127.0.0.1:9/v1"), "--llm-model: expected the name of the model at --llm-url"),
        (("--llm-replay",), "--llm-model: expected the name"),
        (("--llm-model", "m", "--llm-replay"), "llm.sqlite; expected a file that an earlier run wrote"),
        (("--llm-model", "m", "--llm-url", "ftp://host/v1"), "base_url 'ftp://host/v1': expected http://"),
        (("--llm-model", "m", "--llm-url", "http://127.0.0.1:9/v1"), "is it running, and is base_url right?"),
        (("--llm-model", "m", "--llm-url", f"http://u:{KEY}@host/v1"), "a key has no place in a URL"),
        (("--llm-model", "m", "--llm-key-env", KEY), "expected the name of an environment variable"),
        (("--llm-local", "./nowhere/model"), "model './nowhere/model': no such folder"),
        (("--llm-local", "a", "--llm-model", "m"), "--llm-local: a model for this process takes the place of"),
    ],
)
def test_bad_values_are_one_line(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.setattr("florey.llm.pacing.FIRST_WAIT_S", 0.001)
    code, _, err = cli(tmp_path / "out", *arguments)
    *_, last = err.strip().splitlines()  # above it, the progress of what was read by then
    assert code == 2
    assert last.startswith("error: ") and said in last
    assert err.count("error: ") == 1 and "Traceback" not in err
    assert KEY not in err


def test_a_planted_key_is_left_nowhere(
    cli: Cli, scripted_llm: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("florey.llm.pacing.FIRST_WAIT_S", 0.001)
    monkeypatch.setenv("MY_KEY", KEY)
    server = scripted_llm(key=KEY, first=("500", "ok"), answer=lambda body: f"you sent {KEY}\n{TREATS(body)}")
    given = ("--llm-url", server.url, "--llm-model", "m", "--llm-key-env", "MY_KEY")
    code, out, err = cli(tmp_path / "out", *given)
    assert (code, "llm" in out) == (0, True), err
    refusing = scripted_llm(fault_rate=1.0, faults=("400",))  # in words that repeat the header
    code, more_out, more_err = cli(tmp_path / "refused", "--llm-url", refusing.url, *given[2:])
    assert (code, more_err.count("error: ")) == (2, 1)
    assert "[key]" in more_err
    other = scripted_llm(key="another-key-of-the-server")
    code, last_out, last_err = cli(tmp_path / "other", "--llm-url", other.url, *given[2:])
    assert code == 2 and "MY_KEY holds a key that it does not take" in last_err
    assert KEY not in out + err + more_out + more_err + last_out + last_err
    kept = {path: path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()}
    assert any(b"you sent [key]" in content for content in kept.values())  # the answers are there, the key is not
    assert not [path for path, content in kept.items() if KEY.encode() in content]


def test_a_key_that_is_missing_is_said_with_what_to_do(cli: Cli, scripted_llm: Any, tmp_path: Path) -> None:
    server = scripted_llm(key=KEY)
    code, _, err = cli(tmp_path / "out", "--llm-url", server.url, "--llm-model", "m", "--llm-key-env", "MY_KEY")
    *_, last = err.strip().splitlines()
    assert code == 2
    assert "the server wants a key, and the environment variable MY_KEY is not set (HTTP 401" in last


def test_a_replay_asks_nothing_and_writes_the_same_journal(cli: Cli, scripted_llm: Any, tmp_path: Path) -> None:
    server = scripted_llm(answer=TREATS)
    given = ("--llm-url", server.url, "--llm-model", "m")
    assert cli(tmp_path / "first", *given)[0] == 0
    asked = server.stats()["asked"]
    assert len(asked) > 3
    cache = str(tmp_path / "first/llm.sqlite")
    code, out, _ = cli(tmp_path / "again", *given, "--llm-cache", cache, "--llm-replay")
    assert code == 0 and "cache_hits" in out and "calls" not in out.partition("language model: ")[2]
    assert server.stats()["asked"] == asked
    journals = [(tmp_path / name / "journal.jsonl").read_bytes() for name in ("first", "again")]
    assert journals[0] == journals[1]
    assert b"llm" in journals[0]
