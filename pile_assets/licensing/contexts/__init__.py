"""One module per place a licence statement is found in, each with `read(raw: str) -> Reading`.

A statement means different things in different places: "BSD" in a trove classifier, "All rights reserved" in the head of
a source file, `creativeCommon` in a video's record. Each context is a closed vocabulary: what it does not know stays
unresolved. The names under which contexts are asked for are listed in `licensing.normalise.CONTEXTS`; nothing here weighs
one statement against another, which is `licensing.verdict`'s work.
"""
