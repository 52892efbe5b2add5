"""Tests; their folders mirror the house."""
