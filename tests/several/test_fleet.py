"""Several workers share a PostgreSQL: each post goes out exactly once, whatever befalls the workers."""

import os
import random
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from tests.postgresql import Postgres
from tests.several.fleet import fleet, live_through

SECOND = timedelta(seconds=1)


def seed() -> int:
    """From TECHNOPOLYS_SEED, or a fresh one that is printed."""
    return int(os.environ.get("TECHNOPOLYS_SEED") or random.randrange(10**9))


def publish(postgres: Postgres, folder: Path, workers: int, posts: int, channels: int) -> Counter[str]:
    number, posts_between = seed(), max(posts // 200, 10)
    sys.stdout.write(f"TECHNOPOLYS_SEED={number}\n")  # pytest shows it where a test fails
    server = postgres.fresh()
    with fleet(server, folder, channels, number) as made:
        made.plan(posts)
        live_through(made, workers, posts_between, patience=posts * SECOND / 2 + 300 * SECOND)
        shown = made.shown()
        told = Counter((post.channel, post.message.text) for post in made.posts())
        befell = made.befell
    sys.stdout.write(f"{posts} posts, {workers} workers: {dict(befell)}\n")
    assert (len(shown), set(shown.values())) == (posts, {1})
    assert told == shown
    postgres.drop(server)
    return befell


@pytest.mark.postgres
@pytest.mark.timeout(600)  # each worker is a process, and a start takes its time on a busy machine
@pytest.mark.parametrize("workers", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_every_post_goes_out_once_whatever_befalls_the_workers(
    postgres: Postgres, tmp_path: Path, workers: int
) -> None:
    befell = publish(postgres, tmp_path, workers, posts=120, channels=12)
    assert befell["killed"] + befell["stopped"] + befell["ended"] > 0


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("workers", [2, 4])
def test_ten_thousand_posts_go_out_once(postgres: Postgres, tmp_path: Path, workers: int) -> None:
    befell = publish(postgres, tmp_path, workers, posts=10_000, channels=100)
    assert min(befell["killed"], befell["stopped"], befell["ended"]) > 0
