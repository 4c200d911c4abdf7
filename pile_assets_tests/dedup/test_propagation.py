"""Where a search in a bucket begins, and which of its rows it passes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pile_assets.dedup import propagation, runs
from pile_assets.dedup.table import LIVE, WORDS

KEY = np.uint64(1) << np.uint64(60)


def ranked(ranks: list[int]) -> runs.Documents:
    """Documents of which only the rank is of interest; the last one ranks as the first number says."""
    count = len(ranks)
    zeros = np.zeros(count, np.uint8)
    return runs.Documents(
        np.zeros((count, WORDS), np.uint32),
        np.array(ranks, np.uint64),
        np.arange(count, dtype=np.uint64),
        np.zeros(count, np.uint8),
        np.arange(1, count + 1, dtype=np.int64),
        zeros + np.uint8(1),
        np.full(count, LIVE, np.uint8),
        np.arange(count, dtype=np.uint32),
        zeros.copy(),
        np.zeros(1, np.uint8),
    )


@given(st.lists(st.integers(0, 50), max_size=70), st.integers(0, 50), st.integers(0, 3), st.booleans())
def test_a_search_behind_a_document_begins_at_the_first_that_does_not_rank_before_it(others, rank, around, inside):
    documents = ranked([*others, rank])
    bucket = [*range(len(others)), *([len(others)] if inside else [])]
    bucket.sort(key=lambda number: (documents.rank[number], documents.hashes[number]))
    before = [(KEY - np.uint64(1), 0)] * around
    rows = [*before, *((KEY, number) for number in bucket), *((KEY + np.uint64(1), 0) for _ in range(around))]
    keys, refs = np.array([key for key, _ in rows], np.uint64), np.array([ref for _, ref in rows], np.uint32)
    fences = np.zeros((1 << 4) + 1, np.uint32)
    runs.build_fence(keys, 4, fences)
    run = np.array([[0, len(rows), 0, 4]], np.int64)
    index = runs.Index(keys, refs, fences, run, len(others) + 1, np.zeros(1, np.uint8))
    own = (rank, len(others))
    expected = around + sum((documents.rank[number], documents.hashes[number]) < own for number in bucket)
    assert runs.behind(documents, index, 0, KEY, len(others)) == expected


@given(st.lists(st.tuples(st.integers(0, 39), st.booleans()), max_size=80))
def test_rows_are_passed_that_were_said_to_be_and_no_others(asked):
    """Whatever the order in which rows are given up and ways are taken."""
    rows, given_up = np.zeros(40, np.uint32), set()
    for position, gives_up in asked:
        expected = next((row for row in range(position, 40) if row not in given_up), 40)
        found = propagation.past(rows, position)
        assert found == expected
        if gives_up and found < 40:
            rows[found] = 1
            given_up.add(int(found))
