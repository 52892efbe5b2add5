"""Tests of the guarded door."""
