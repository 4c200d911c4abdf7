"""Tests of licence verdicts: reading statements, judging expressions, weighing claims."""
