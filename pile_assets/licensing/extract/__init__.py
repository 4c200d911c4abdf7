"""One module per family of formats: where a licence statement stands in it, as claims.

What belongs here: pure functions from bytes or rows to claims, each with the scope, the speaker and the place its format
implies. Input is hostile; what cannot be read becomes a claim that blocks, and a place that says nothing makes none. What
may not: reading the words of a statement (`licensing.contexts`), weighing claims (`licensing.verdict`), opening files,
or anything a publisher is known for beyond its format (`sources`, and the registry's records).
"""
