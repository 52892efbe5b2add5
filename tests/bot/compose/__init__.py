"""Tests of the composer."""
