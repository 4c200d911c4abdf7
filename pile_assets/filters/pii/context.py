"""The surroundings of a match: the line it stands in, bounded, so that one huge line costs no more than many short ones."""


def line_before(data: bytes, start: int, reach: int) -> bytes:
    """What stands before `start` in its line, at most `reach` bytes."""
    return data[max(data.rfind(b"\n", max(start - reach, 0), start) + 1, start - reach, 0) : start]


def line_after(data: bytes, end: int, reach: int) -> bytes:
    """What stands after `end` in its line, at most `reach` bytes."""
    line_end = data.find(b"\n", end, end + reach)
    return data[end : line_end if line_end >= 0 else end + reach]
