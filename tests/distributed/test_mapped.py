"""One function over many parts, here and on a real cluster of two workers."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from tests.distributed.parts import failing, killed_once, squared

from florey.distributed import check_ray, chunks, mapped
from florey.errors import BadInput, FloreyError


@pytest.mark.slow
def test_the_same_in_the_same_order_by_two_workers(cluster: str) -> None:
    seen: list[tuple[int, int]] = []
    here = [value for value, _ in mapped(squared, range(12))]
    there = list(mapped(squared, range(12), cluster, lambda done, total: seen.append((done, total))))
    assert [value for value, _ in there] == here == [n * n for n in range(12)]
    assert len({pid for _, pid in there}) == 2
    assert seen == [(done, 12) for done in range(1, 13)]


@pytest.mark.slow
def test_a_lost_worker_is_made_up_for(cluster: str, tmp_path: Path) -> None:
    assert list(mapped(killed_once, [(n, tmp_path) for n in range(6)], cluster)) == [0, 10, 20, 30, 40, 50]
    assert (tmp_path / "killed").exists()


@pytest.mark.slow
def test_paths_mean_the_same_there(cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert list(mapped(os.path.abspath, ["a/b"], cluster)) == [str(tmp_path.resolve() / "a" / "b")]


@pytest.mark.slow
def test_a_part_that_fails_is_named(cluster: str) -> None:
    with pytest.raises(FloreyError, match=r"^part 2: failed on the cluster: ValueError: two is too many$"):
        list(mapped(failing, range(4), cluster, named=lambda part: f"part {part}"))
    with pytest.raises(BadInput, match=r"^FILE, line 5: expected a number$"):
        list(mapped(failing, range(3, 9), cluster))
    assert list(mapped(failing, [0, 1], cluster)) == [0, 1]  # and the next one finds the cluster as it was


def test_an_address_where_nobody_answers() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(BadInput, match=rf"--ray 127.0.0.1:{port}: nobody answers there"):
        check_ray(f"127.0.0.1:{port}")
    for address in ("nowhere", "host:port", ":"):
        with pytest.raises(BadInput, match="expected HOST:PORT"):
            check_ray(address)


def test_without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"pip install 'florey\[ray\]'"):
        list(mapped(failing, [0], "127.0.0.1:1"))
    assert list(mapped(failing, [0, 1])) == [0, 1]


def test_parts_do_not_depend_on_workers() -> None:
    assert chunks("abcde", 2) == ["ab", "cd", "e"] and chunks([], 3) == []
